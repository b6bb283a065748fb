// Against real runs: every value of a model becomes an output, ONNX Runtime computes it for two choices of the named
// sizes, and every inferred size, with the names put in, is the size that came out.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { zooTest } from '@damson/zoo/vitest'
import { feedsFor, runGraph, type Sizes } from '../../test/ort-run.ts'
import { parseGraph } from '../file/read.ts'
import type { Dim, Graph, ValueType } from '../ir.ts'
import { onnx } from '../text/template.ts'
import { evaluateDim } from './dim.ts'
import { inferTypes } from './infer.ts'

const first: Readonly<Record<string, number>> = {
  batch: 2, batch_size: 2, n: 2, step: 1, steps: 1, sequence_length: 3, seq: 3, past: 4, past_sequence_length: 4, total: 7,
  height: 16, width: 24, latent_height: 8, latent_width: 12, sample_height: 16, sample_width: 24, h: 8, w: 12,
  packed_height_width: 6, encoder_sequence_length: 5, past_decoder_sequence_length: 4, decoder_sequence_length: 3,
} // prettier-ignore
const second: Readonly<Record<string, number>> = {
  ...first, batch: 1, batch_size: 3, sequence_length: 5, seq: 2, past: 1, past_sequence_length: 2, total: 3, height: 24, width: 16,
  latent_height: 12, packed_height_width: 4, encoder_sequence_length: 7, past_decoder_sequence_length: 1,
} // prettier-ignore

const models = [
  'fixtures/bert-tiny-ts/model.onnx',
  'fixtures/llama-tiny-dynamo/model.onnx',
  'fixtures/gemma3-tiny/model.onnx',
  'fixtures/moe-tiny/model.onnx',
  'fixtures/sd15-tiny-ts/unet/model.onnx',
  'fixtures/sd15-tiny-dynamo/vae_encoder/model.onnx',
  'fixtures/flux-tiny/transformer/model.onnx',
  'fixtures/t5-tiny/decoder_with_past_model.onnx',
  'fixtures/whisper-tiny-random/encoder_model.onnx',
  'fixtures/resnet-tiny-ts/model.onnx',
  'models/use_lite.onnx',
  'models/esrgan_rdn_x2_slim.onnx',
]

/** Every node output as graph output, so that a run tells its shape. */
function exposed(graph: Graph): Graph {
  const names = new Set(graph.nodes.flatMap(node => node.outputs).filter(name => name !== ''))
  return graph.with({ outputs: [...names].map(name => ({ name })) })
}

/** Sizes that are not what the run gave, as text. */
function contradictions(
  name: string,
  type: ValueType | undefined,
  dims: readonly number[],
  sizes: Sizes,
): readonly string[] {
  if (type?.kind !== 'tensor' || !type.shape) return []
  if (type.shape.length !== dims.length) return [`${name} has rank ${dims.length}, not ${type.shape.length}`]
  return type.shape.flatMap((dim, at) => {
    const value = evaluateDim(dim, sizes)
    return value === undefined || value === dims[at]
      ? []
      : [`${name}: ${String(dim)} is ${value}, not ${dims[at] ?? ''}`]
  })
}

/** Only names of the graph's inputs count as sizes; other labels are the exporter's and mean nothing before a run. */
function inputSizes(graph: Graph, table: Readonly<Record<string, number>>): Sizes {
  const sizes = new Map<string, number>()
  for (const dim of graph.inputs.flatMap(({ type }): readonly Dim[] =>
    type?.kind === 'tensor' ? (type.shape ?? []) : [],
  ))
    if (typeof dim === 'string' && table[dim] !== undefined) sizes.set(dim, table[dim])
  return sizes
}

describe('inferred sizes are those of a run', () => {
  for (const path of models) {
    zooTest(path, 'for two choices of the named sizes', async file => {
      const graph = parseGraph(readFileSync(file))
      const inferred = inferTypes(graph.with({ types: new Map() }))
      let compared = 0
      for (const table of [first, second]) {
        const sizes = inputSizes(graph, table)
        const outputs = await runGraph(exposed(graph), feedsFor(graph, sizes))
        for (const [name, { dims }] of Object.entries(outputs)) {
          expect(contradictions(name, inferred.typeOf(name), dims, sizes)).toEqual([])
          compared++
        }
      }
      expect(compared).toBeGreaterThan(2 * graph.nodes.length - 1)
    })
  }

  test('and the comparison notices a wrong one', async () => {
    const graph = onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`
    const sizes = new Map([['n', 3]])
    const { y } = await runGraph(graph, feedsFor(graph, sizes))
    const type = (shape: readonly Dim[]): ValueType => ({ kind: 'tensor', dtype: 'float32', shape })
    expect(contradictions('y', type(['n', 4]), y?.dims ?? [], sizes)).toEqual([])
    expect(contradictions('y', type(['n + 1', 4]), y?.dims ?? [], sizes)).toEqual(['y: n + 1 is 4, not 3'])
    expect(contradictions('y', type([3]), y?.dims ?? [], sizes)).toEqual(['y has rank 2, not 1'])
  })
})
