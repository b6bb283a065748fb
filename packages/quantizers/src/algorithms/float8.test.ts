import { modelOf, smash, type Step } from '@damson/core'
import { memoryTensor, onnx } from '@damson/graph'
import { decodeFloats, encodeFloats } from '@damson/numerics'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { describeAlgorithm, runOnce, seededNormal, tinyConvNet, tinyEncoder, tinyMlp } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { float8 } from './float8.ts'

describeAlgorithm(float8, {
  accepts: { encoder: tinyEncoder, mlp: tinyMlp, convNet: tinyConvNet },
  refuses: {
    'a graph without matrices': {
      model: () => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
      reason: /no constant matrix/,
    },
  },
  expect: { outputs: { sqnr: 24 }, size: 0.96 },
})

describe('codes and quality', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())
  // Columns of very different size.
  const numbers = seededNormal(3, 128 * 48).map((v, i) => v * 10 ** ((i % 48) / 8 - 3))
  const modelWith = (dtype: 'float' | 'float16') => {
    const data = dtype === 'float' ? numbers : encodeFloats(numbers, 'float16')
    const w = memoryTensor(dtype === 'float' ? 'float32' : 'float16', [128, 48], data)
    return dtype === 'float'
      ? modelOf(onnx`<opset_import: ["" : 13]>
          g (float[n,128] x) => (float[n,48] y) <float[128,48] w = ${w}> { y = MatMul(x, w) }`)
      : modelOf(onnx`<opset_import: ["" : 13]>
          g (float16[n,128] x) => (float16[n,48] y) <float16[128,48] w = ${w}> { y = MatMul(x, w) }`)
  }
  const qualityOf = async (step: Step, dtype: 'float' | 'float16' = 'float'): Promise<number> => {
    const model = modelWith(dtype)
    const feeds = feedsFor(model.part('model').graph, { seed: 1, dims: { n: 16 } })
    return sqnr(
      await runOnce(runtime, await smash(model, [step]), feeds),
      await runOnce(runtime, model, feeds),
    )
  }

  test.each(['e4m3', 'e5m2'] as const)('%s: scale and codes of each column', async type => {
    const graph = (await smash(modelWith('float'), [float8({ type })])).part('model').graph
    const kind = type === 'e4m3' ? 'float8e4m3fn' : 'float8e5m2'
    const codes = (await graph.initializers.get('w_F8')?.tensor.read()) ?? new Uint8Array()
    const bytes = (await graph.initializers.get('w_scales')?.tensor.read()) ?? new Uint8Array()
    const scales = new Float32Array(bytes.slice().buffer)
    expect(graph.initializers.get('w_F8')?.tensor.dtype).toBe(kind)
    expect(scales).toHaveLength(48)
    const greatest = type === 'e4m3' ? 448 : 57344
    for (let n = 0; n < 48; n++) {
      const column = numbers.filter((_, i) => i % 48 === n)
      const scale = Math.fround(column.reduce((peak, v) => Math.max(peak, Math.abs(v)), 0) / greatest)
      expect(scales[n]).toBe(scale)
      const expected = encodeFloats(
        column.map(v => v / scale),
        kind,
      )
      expect(codes.filter((_, i) => i % 48 === n)).toEqual(expected)
      expect(Math.max(...decodeFloats(expected, kind).map(Math.abs))).toBe(greatest)
    }
  })

  test('e4m3 is above 30 dB, e5m2 above 24, decoded once or in every run, in half precision too', async () => {
    for (const decode of ['load', 'run'] as const) {
      expect(await qualityOf(float8({ decode }))).toBeGreaterThan(30)
      expect(await qualityOf(float8({ decode, type: 'e5m2' }))).toBeGreaterThan(24)
      expect(await qualityOf(float8({ decode }), 'float16')).toBeGreaterThan(29)
    }
  })

  test('one scale for all loses columns that are far smaller', async () => {
    const columns = await smash(modelWith('float'), [float8({ per: 'tensor', type: 'e4m3' })])
    expect(columns.part('model').graph.initializers.get('w_scales')?.tensor.shape).toEqual([])
  })

  test('a weight that holds a NaN is refused when it is coded', async () => {
    const w = memoryTensor(
      'float32',
      [128, 48],
      numbers.map((v, i) => (i === 7 ? NaN : v)),
    )
    const model = modelOf(onnx`<opset_import: ["" : 19]>
      g (float[n,128] x) => (float[n,48] y) <float[128,48] w = ${w}> { y = MatMul(x, w) }`)
    const graph = (await smash(model, [float8()])).part('model').graph
    await expect(graph.initializers.get('w_F8')?.tensor.read()).rejects.toThrow('1 are NaN or infinite')
  })
})
