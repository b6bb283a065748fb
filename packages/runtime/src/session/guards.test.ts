// The traps of ONNX Runtime for JavaScript, each with what damson does instead.
import type { Feeds } from '@damson/core'
import { onnx, parse, type Graph } from '@damson/graph'
import { afterAll, describe, expect, test } from 'vitest'
import { createRuntime } from '../create-runtime.ts'
import { nativeCopies, checkSingleCopy } from '../load-ort.node.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())
const run = async (graph: Graph, feeds: Feeds, on = runtime): Promise<Feeds> => {
  const live = await on.open(graph)
  try {
    return await live.run('main', feeds)
  } finally {
    await live.close()
  }
}
const refused = (graph: Graph, feeds: Feeds, code: string, message: RegExp): Promise<void> =>
  expect(run(graph, feeds)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })

const float = (shape: readonly number[], data: readonly number[]): Feeds[string] => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
})
const identity = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[n, 2] x) => (float[n, 2] y) { y = Identity(x) }`

describe('graphs that must not reach ONNX Runtime', () => {
  test.each(['int4', 'uint4'])('a %s output would abort the process', async dtype => {
    const graph = parse(`<ir_version: 10, opset_import: ["" : 21]> g (int8[n] x) => (${dtype}[n] y)
      { y = Cast<to = ${dtype === 'int4' ? 22 : 21}>(x) }`)
    await refused(
      graph,
      { x: { dtype: 'int8', shape: [2], data: Int8Array.of(1, 2) } },
      'unsupported-io',
      /y.*4.*uint8/s,
    )
  })

  test('inputs of types that JavaScript has no array for', async () => {
    const graph = onnx`<ir_version: 10, opset_import: ["" : 21]> g (bfloat16[n] x) => (float[n] y) { y = Cast<to = 1>(x) }`
    await refused(graph, {}, 'unsupported-io', /x.*bfloat16.*Cast/s)
    const list = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[n] x) => (seq(float[n]) y) { y = SequenceConstruct(x) }`
    await refused(list, { x: float([1], [1]) }, 'unsupported-io', /y.*sequence/s)
  })

  test('versions that it does not load', async () => {
    await refused(
      identity.with({ header: { ...identity.header, irVersion: 14 } }),
      {},
      'unsupported-version',
      /IR version 13.*14/,
    )
    const opsets = new Map([['', 27]])
    await refused(
      identity.with({ header: { ...identity.header, opsets } }),
      {},
      'unsupported-version',
      /opset 26.*27/,
    )
  })
})

describe('feeds', () => {
  test('one that would be ignored, because the input has a default', async () => {
    const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2] x, float[2] w) => (float[2] y)
      <float[2] w = {1, 2}> { y = Add(x, w) }`
    const feeds = { x: float([2], [1, 1]), w: float([2], [9, 9]) }
    await refused(graph, feeds, 'feed', /"w".*initializer.*silently/s)
    expect((await run(graph, { x: feeds.x }))['y']?.data).toEqual(Float32Array.of(2, 3))
  })

  test('unknown, missing, of another type, rank, size, length or array', async () => {
    const x = float([1, 2], [1, 2])
    await refused(identity, { x, z: x }, 'feed', /"z".*one of x/)
    await refused(identity, {}, 'feed', /"x"/)
    await refused(
      identity,
      { x: { dtype: 'float64', shape: [1, 2], data: new Float64Array(2) } },
      'feed',
      /float32.*float64/,
    )
    await refused(identity, { x: float([2], [1, 2]) }, 'feed', /shape \[n, 2\].*shape \[2\]/)
    await refused(identity, { x: float([1, 3], [1, 2, 3]) }, 'feed', /shape \[n, 2\].*shape \[1, 3\]/)
    await refused(identity, { x: float([2, 2], [1, 2]) }, 'feed', /4 elements.*2/)
    await refused(
      identity,
      { x: { dtype: 'float32', shape: [1, 2], data: new Int32Array(2) } },
      'feed',
      /Float32Array.*Int32Array/,
    )
  })

  test('shared memory is copied, since ONNX Runtime refuses it', async () => {
    const data = new Float32Array(new SharedArrayBuffer(8))
    data.set([3, 4])
    const { y } = await run(identity, { x: { dtype: 'float32', shape: [1, 2], data } })
    expect(y?.data).toEqual(Float32Array.of(3, 4))
  })

  test('outputs never share memory with inputs', async () => {
    const x = float([1, 2], [1, 2])
    const { y } = await run(identity, { x })
    expect(y?.data).toEqual(Float32Array.of(1, 2))
    if (y && y.dtype !== 'string' && x.dtype !== 'string') y.data[0] = 7
    expect(x.data[0]).toBe(1)
  })
})

describe('targets', () => {
  test('webgpu has no fallback in Node: it runs or says so', async () => {
    const gpu = createRuntime({ target: 'webgpu' })
    try {
      const outcome = await run(identity, { x: float([1, 2], [1, 2]) }, gpu).then(
        ({ y }) => y?.data,
        (error: unknown) => error,
      )
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'provider-unavailable' })
      else expect(outcome).toEqual(Float32Array.of(1, 2))
    } finally {
      await gpu.close()
    }
  })

  test('cuda without its files is one good error', async () => {
    const cuda = createRuntime({ target: 'cuda' })
    await expect(run(identity, { x: float([1, 2], [1, 2]) }, cuda)).rejects.toMatchObject({
      code: 'provider-unavailable',
      message: expect.stringMatching(/cuda/),
    })
    await cuda.close()
  })

  test('what this machine is', async () => {
    const traits = await runtime.traits()
    expect(traits).toMatchObject({ platform: process.platform, arch: process.arch })
    expect(traits.ort).toMatch(/^1\.\d+\.\d+$/)
    expect(traits.cores).toBeGreaterThan(0)
  })
})

describe('ONNX Runtime itself', () => {
  test('a second native copy is refused before it loads', async () => {
    await runtime.traits()
    const [loaded = ''] = nativeCopies()
    expect(loaded).toContain('onnxruntime-node')
    expect(() => checkSingleCopy('/elsewhere/onnxruntime-node', nativeCopies())).toThrow(/one copy.*second/s)
    expect(() => checkSingleCopy(loaded.split('/bin/')[0] ?? '', nativeCopies())).not.toThrow()
  })

  test('an injected module is used, and anything else refused', async () => {
    const ort = await import('onnxruntime-node')
    const made = createRuntime({ ort })
    expect((await run(identity, { x: float([1, 2], [5, 6]) }, made))['y']?.data).toEqual(
      Float32Array.of(5, 6),
    )
    await made.close()
    const wrong = createRuntime({ ort: { InferenceSession: 1 } })
    await expect(run(identity, { x: float([1, 2], [1, 2]) }, wrong)).rejects.toMatchObject({
      code: 'runtime-invalid',
    })
    expect(() => createRuntime({ ort, isolate: 'worker' })).toThrow(/cannot cross/)
  })
})
