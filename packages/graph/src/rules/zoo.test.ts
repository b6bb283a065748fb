// The first rules on real exports: what they find, and that the models compute the same as before.
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { zooTest } from '@damson/zoo/vitest'
import { expectSameOutputs, type Tolerances } from '../../test/same-outputs.ts'
import { parseGraph } from '../file/read.ts'
import { inferTypes } from '../infer/infer.ts'
import { walk } from '../scope.ts'
import { initializersOffInputs } from './constants.ts'
import { simplification } from './lists.ts'
import { rewrite } from './rewrite.ts'

const sizes = new Map(Object.entries({
  batch: 2, batch_size: 2, steps: 1, sequence_length: 3, height: 8, width: 8, encoder_sequence_length: 5, past_sequence_length: 4,
  past_decoder_sequence_length: 4, decoder_sequence_length: 3,
})) // prettier-ignore
const exact: Tolerances = { atol: 0, rtol: 0, sizes }
// Folded weights are rounded to float32 once more than the original's, and the sums differ in order.
const folded: Tolerances = { atol: 1e-6, rtol: 1e-6, sizes }

const cases: readonly [path: string, tolerances: Tolerances, counts: Readonly<Record<string, number>>][] = [
  ['fixtures/resnet-tiny-ts/model.onnx', folded, { 'conv-batch-norm': 16 }],
  ['fixtures/llama-tiny-ts/model.onnx', exact, { 'constant-to-initializer': 214, 'cast-to-same': 26 }],
  [
    'fixtures/t5-tiny/decoder_model_merged.onnx',
    exact,
    { 'constant-to-initializer': 395, 'transpose-twice': 4 },
  ],
  ['models/ultraface_rfb320.onnx', folded, { 'constant-to-initializer': 31, 'conv-batch-norm': 35 }],
  ['models/basic_pitch_nmp.onnx', exact, { 'reshape-twice': 35 }],
]

for (const [path, tolerances, counts] of cases) {
  zooTest(path, 'simplified, computes the same', async file => {
    const graph = parseGraph(readFileSync(file))
    const { graph: next, counts: found } = rewrite(inferTypes(initializersOffInputs(graph)), simplification)
    expect(found).toMatchObject(counts)
    expect([...walk(next)].length).toBeLessThan([...walk(graph)].length)
    await expectSameOutputs(graph, next, tolerances)
  })
}

zooTest('fixtures/sdxl-tiny/unet/model.onnx', 'three thousand nodes', file => {
  const graph = initializersOffInputs(parseGraph(readFileSync(file)))
  const { graph: next, counts } = rewrite(inferTypes(graph), simplification)
  expect(counts).toMatchObject({ 'constant-to-initializer': 895, 'times-one': 44, 'cast-to-same': 92 })
  expect([graph.nodes.length, next.nodes.length]).toEqual([3038, 2005])
  expect(next.nodes.filter(node => node.op === 'Constant')).toEqual([])
})
