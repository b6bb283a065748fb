import { expect, test } from 'vitest'
import { expectSameOutputs } from '../../test/same-outputs.ts'
import type { Graph } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import { tensorOf } from '../tensors/memory-tensor.ts'
import { parse } from '../text/parse.ts'
import { convBatchNorm } from './conv-bn.ts'
import { nearMisses } from './explain.ts'
import { rewrite } from './rewrite.ts'

/** Numbers in (0.5, 1.5), the same for the same seed. */
function random(shape: readonly number[], seed: number, dtype: 'float32' | 'float64' = 'float32'): Tensor {
  const count = shape.reduce((a, b) => a * b, 1)
  return tensorOf(
    dtype,
    shape,
    Array.from({ length: count }, (_, at) => 1 + Math.sin(seed + at * 12.9898) / 2),
  )
}

interface Case {
  readonly op: 'Conv' | 'ConvTranspose'
  readonly weights: readonly number[]
  readonly channels: number
  readonly attributes?: string
  readonly norm?: string
  readonly bias?: boolean
}

function model({
  op,
  weights,
  channels,
  attributes = '',
  norm = '<epsilon = 0.001>',
  bias = false,
}: Case): Graph {
  const graph = parse(`<ir_version: 8, opset_import: ["": 13]> a (float[1,4,6,6] x) => (float y) {
    t = ${op}${attributes}(x, w${bias ? ', b' : ''}) y = BatchNormalization${norm}(t, gamma, beta, mean, variance) }`)
  const tensors = { w: random(weights, 1), gamma: random([channels], 2), beta: random([channels], 3), mean: random([channels], 4), variance: random([channels], 5), ...(bias ? { b: random([channels], 6) } : {}) } // prettier-ignore
  const initializers = new Map(
    Object.entries(tensors).map(([name, tensor]) => [name, { name, tensor, origins: [`net.${name}`] }]),
  )
  const outputs = [{ name: 'y', type: { kind: 'tensor', dtype: 'float32' } as const }]
  return graph.with({ initializers, outputs })
}

test.each<Case>([
  { op: 'Conv', weights: [3, 4, 3, 3], channels: 3 },
  { op: 'Conv', weights: [3, 4, 3, 3], channels: 3, bias: true, norm: '' },
  { op: 'Conv', weights: [8, 2, 1, 1], channels: 8, attributes: '<group = 2>', bias: true },
  { op: 'ConvTranspose', weights: [4, 3, 2, 2], channels: 3, bias: true },
  { op: 'ConvTranspose', weights: [4, 3, 2, 2], channels: 6, attributes: '<group = 2, strides = [2, 2]>' },
])('$op $weights $attributes', async each => {
  const graph = model(each)
  const { graph: next, counts } = rewrite(graph, [convBatchNorm])
  expect(counts).toEqual({ 'conv-batch-norm': 1 })
  expect(next.nodes.map(node => node.op)).toEqual([each.op])
  expect(next.nodes[0]?.attributes).toEqual(graph.nodes[0]?.attributes)
  expect([...next.initializers.values()].map(({ origins }) => origins)).toEqual([
    ['net.w'],
    [each.bias ? 'net.b' : 'net.beta'],
  ])
  // Weights are rounded to float32 once more than in the original.
  await expectSameOutputs(graph, next, { atol: 1e-6, rtol: 2e-6 })
})

test('the new weights are computed when they are read, and equal ones have equal keys', async () => {
  const weights = (): Tensor | undefined =>
    rewrite(model({ op: 'Conv', weights: [3, 4, 3, 3], channels: 3 }), [
      convBatchNorm,
    ]).graph.initializers.get('w_1')?.tensor
  const [first, second] = [weights(), weights()]
  expect(first?.data).toBeUndefined()
  expect(first?.key).toBe(second?.key)
  expect(await first?.read()).toEqual(await second?.read())
  const shifted = rewrite(
    model({ op: 'Conv', weights: [3, 4, 3, 3], channels: 3, norm: '<epsilon = 0.1>' }),
    [convBatchNorm],
  )
  expect(shifted.graph.initializers.get('w_1')?.tensor.key).not.toBe(first?.key)
})

test('weights that are not constant, training, and another use of the convolution stay', () => {
  const reason = (graph: Graph): string | undefined => {
    expect(rewrite(graph, [convBatchNorm]).graph).toBe(graph)
    return nearMisses(graph, convBatchNorm)[0]?.reason
  }
  const graph = model({ op: 'Conv', weights: [3, 4, 3, 3], channels: 3 })
  const inputs = [...graph.inputs, { name: 'mean' }]
  const initializers = new Map([...graph.initializers].filter(([name]) => name !== 'mean'))
  expect(reason(graph.with({ inputs, initializers }))).toBe('is not constant')
  const training = model({ op: 'Conv', weights: [3, 4, 3, 3], channels: 3, norm: '<training_mode = 1>' })
  expect(reason(training)).toBe('is in training')
  expect(reason(graph.with({ outputs: [...graph.outputs, { name: 't' }] }))).toBe('t is a graph output')
  const few = new Map(graph.initializers).set('gamma', { name: 'gamma', tensor: random([2], 1), origins: [] })
  expect(reason(graph.with({ initializers: few }))).toBe('the normalization is not over 3 channels')
})
