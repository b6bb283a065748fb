import { load, modelOf, save, smash, withCopies, type Model } from '@damson/core'
import {
  graphToBytes,
  isRefusal,
  memoryFolder,
  memorySink,
  onnx,
  tensorOf,
  walk,
  type Graph,
} from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { describeAlgorithm, differences, runOnce, tinyEncoder } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { freeze } from '../static-shapes/freeze.ts'
import { fixedSizes } from '../static-shapes/sizes.ts'
import { staticShapes } from './static-shapes.ts'

/** Heads split by computed sizes, positions by Range, a causal mask by Where; one axis has no name. */
const graph = onnx`
  <ir_version: 8, opset_import: ["" : 17]>
  g (float[batch,sequence,64] x, float[?,64] other, float[batch,"past + sequence",64] cache) => (float[batch,4,m,n] y, float[k,64] z)
  <int64 zero = ${tensorOf('int64', [], [0n])}, int64 one = ${tensorOf('int64', [], [1n])}, int64[1] axis = ${tensorOf('int64', [1], [0n])},
   int64[1] axis1 = ${tensorOf('int64', [1], [1n])}, int64[2] heads = ${tensorOf('int64', [2], [4n, 16n])}, float low = ${tensorOf('float32', [], [-10000])},
   float none = ${tensorOf('float32', [], [0])}>
  {
    shape = Shape(x)
    b = Gather<axis = 0>(shape, zero)
    s = Gather<axis = 0>(shape, one)
    b1 = Unsqueeze(b, axis)
    s1 = Unsqueeze(s, axis)
    split = Concat<axis = 0>(b1, s1, heads)
    r = Reshape(x, split)
    q = Transpose<perm = [0, 2, 1, 3]>(r)
    k0 = Transpose<perm = [0, 2, 3, 1]>(r)
    scores = MatMul(q, k0)
    at = Range(zero, s, one)
    row = Unsqueeze(at, axis)
    column = Unsqueeze(at, axis1)
    later = Greater(row, column)
    mask = Where(later, low, none)
    angles = Cast<to = 1>(at)
    wave = Cos(angles)
    waved = Add(mask, wave)
    masked = Add(scores, waved)
    y = Softmax<axis = -1>(masked)
    z = Relu(other)
    cached = ReduceSum(cache)
  }`
const model = (): Model => modelOf(graph)
const ops = ({ parts }: Model): readonly string[] =>
  [...parts.values()].flatMap(part => [...walk(part.graph)].map(({ node }) => node.op))

describeAlgorithm(staticShapes, {
  accepts: { sizes: model },
  refuses: {
    'a model of fixed sizes': {
      model: () =>
        modelOf(
          onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2,4] x) => (float[2,4] y) { y = Relu(x) }`,
        ),
      reason: /has fixed sizes already/,
    },
  },
  params: { dims: { batch: 2, sequence: 5 } },
  dims: { batch: 2, sequence: 5, past: 3 },
  inert: { dims: 'no names of sizes can be made up; what each kind of name does stands below' },
  expect: { outputs: 'equal' },
})

describe('sizes', () => {
  const reason = (dims: Readonly<Record<string, number>>): string => {
    const found = fixedSizes(graph, dims)
    return isRefusal(found) ? found.refused : 'none'
  }
  test('are named by name, expression, or input and axis', () => {
    const frozen = (dims: Readonly<Record<string, number>>): readonly unknown[] => {
      const found = fixedSizes(graph, dims)
      if (isRefusal(found)) throw new Error(found.refused)
      return freeze(graph, found).inputs.map(({ type }) => (type?.kind === 'tensor' ? type.shape : type))
    }
    expect(frozen({ batch: 1, sequence: 4, past: 3, 'other:0': 7 })).toEqual([[1, 4, 64], [7, 64], [1, 7, 64]]) // prettier-ignore
    expect(frozen({ 'past+sequence': 9 })).toEqual([['batch', 'sequence', 64], [null, 64], ['batch', 9, 64]]) // prettier-ignore
    expect(frozen({ 'x:1': 4, past: 1 })).toEqual([['batch', 4, 64], [null, 64], ['batch', 5, 64]]) // prettier-ignore
  })
  test('that are known go into expressions of which others are open', () => {
    const found = fixedSizes(graph, { sequence: 4 })
    const frozen = isRefusal(found) ? graph : freeze(graph, found)
    const cache = frozen.inputs[2]?.type
    expect(cache?.kind === 'tensor' && cache.shape).toEqual(['batch', 'past + 4', 64])
  })
  test('that are not there, or contradict each other, are refused', () => {
    expect(reason({ sequense: 4 })).toBe('has no size "sequense"; it has batch, sequence, other:0, past')
    expect(reason({ 'x:2': 32 })).toBe('has 64 as the size of "x:2", not 32')
    expect(reason({ 'x:2': 64 })).toBe('none')
    expect(reason({ sequence: 4, past: 3, 'past + sequence': 8 })).toMatch(
      /would have 7 as the size "past \+ sequence"/,
    )
  })
})

describe('what is folded', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())
  const dims = { batch: 1, sequence: 4, past: 2, 'other:0': 3 }

  test('everything that depends on sizes alone, masks too; applied again it changes nothing', async () => {
    const frozen = await smash(model(), [staticShapes({ dims })], { runtime })
    expect(ops(frozen).toSorted()).toEqual([
      'Add',
      'MatMul',
      'Relu',
      'Reshape',
      'Softmax',
      'Transpose',
      'Transpose',
    ])
    expect(frozen.part('model').graph.outputs.map(({ type }) => (type?.kind === 'tensor' ? type.shape : []))).toEqual([[1, 4, 4, 4], [3, 64]]) // prettier-ignore
    const feeds = feedsFor(graph, { seed: 1, dims: { ...dims, '?': 3 } })
    const other = {
      ...feeds,
      other: { dtype: 'float32', shape: [3, 64], data: new Float32Array(192).fill(-1) },
    } as const
    const [got, want] = [
      await runOnce(runtime, frozen, other, 'model'),
      await runOnce(runtime, model(), other, 'model'),
    ]
    expect(differences(got, want, { atol: 0, rtol: 0 })).toEqual([])
    const bytes = await graphToBytes(frozen.part('model').graph)
    const at = { 'x:0': 1, 'x:1': 4, 'cache:1': 6, 'other:0': 3 }
    await expect(smash(frozen, [staticShapes({ dims: at })], { runtime })).rejects.toThrow(
      /has fixed sizes already/,
    )
    const partly = await smash(model(), [staticShapes({ dims: { batch: 1, sequence: 4 } })], { runtime })
    const rest = await smash(partly, [staticShapes({ dims: { 'x:0': 1, 'other:0': 3, past: 2 } })], {
      runtime,
    })
    expect(await graphToBytes(rest.part('model').graph)).toEqual(bytes)
  })

  test('other sizes are refused by name when it runs', async () => {
    const frozen = await smash(model(), [staticShapes({ dims })], { runtime })
    const live = await runtime.open(frozen)
    const feeds = feedsFor(frozen.part('model').graph)
    const wrong = {
      ...feeds,
      x: { dtype: 'float32', shape: [1, 5, 64], data: new Float32Array(320) },
    } as const
    await expect(live.run('model', wrong)).rejects.toThrow(
      'Feed "x": expected shape [1, 4, 64], got shape [1, 5, 64].',
    )
    await live.close()
  })

  test('without a runtime shape arithmetic is folded, and the rest is named', async () => {
    const warnings: string[] = []
    const frozen = await smash(model(), [staticShapes({ dims })], {
      onEvent: event => event.type === 'warning' && warnings.push(event.code),
    })
    expect(ops(frozen)).not.toContain('Shape')
    expect(ops(frozen)).toContain('Cos')
    expect(warnings).toEqual(['no-runtime'])
  })

  const exports = [
    ['fixtures/bert-tiny-ts/model.onnx', { batch_size: 2, sequence_length: 6 }],
    ['fixtures/llama-tiny-dynamo/model.onnx', { batch_size: 1, sequence_length: 3, past_sequence_length: 4 }],
  ] as const
  for (const [path, sizes] of exports) {
    zooTest(path, 'no shape is computed in it any more, and its outputs are what they were', async file => {
      const source = await load(file)
      const [part] = source.parts.values()
      if (!part) throw new Error('expected a part')
      const frozen = await smash(source, [staticShapes({ dims: sizes })], { runtime })
      const feeds = feedsFor(part.graph, { dims: sizes })
      const [got, want] = [
        await runOnce(runtime, frozen, feeds, part.name),
        await runOnce(runtime, source, feeds, part.name),
      ]
      // ONNX Runtime fuses more where sizes are known, and sums in another order then.
      expect(differences(got, want, { atol: 1e-5, rtol: 1e-4 })).toEqual([])
      expect(ops(frozen).filter(op => op === 'Shape')).toEqual([])
    })
  }
})

test('variants share one file of weights', async () => {
  const source = withCopies(tinyEncoder(), 'model', ['model_8', 'model_16'])
  const step = (sequence: number) =>
    staticShapes({ dims: { batch: 1, sequence } }, { parts: [`model_${sequence}`] })
  const frozen = await smash(source, [step(8), step(16)])
  const sink = memorySink()
  await save(frozen, sink, { weights: 'shared' })
  expect([...sink.files.keys()]).toEqual([
    'model.onnx',
    'model.onnx_data',
    'model_8.onnx',
    'model_16.onnx',
    'damson.json',
  ])
  const again = await load(memoryFolder(sink.files, 'm'))
  const first = ({ inputs: [input] }: Graph): unknown => input?.type?.kind === 'tensor' && input.type.shape
  expect([...again.parts.values()].map(part => first(part.graph))).toEqual([
    ['batch', 'sequence'],
    [1, 16],
    [1, 8],
  ])
})
