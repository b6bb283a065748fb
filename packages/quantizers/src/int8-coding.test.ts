import { memoryTensor } from '@damson/graph'
import { quantizeLinear } from '@damson/numerics'
import { seededNormal } from '@damson/testing'
import { describe, expect, test } from 'vitest'
import { createCoder } from './coder.ts'
import { codeInt8, type Int8Spec } from './int8-coding.ts'

const format = { type: 'uint8', symmetric: false } as const
const coder = createCoder(() => {})

const specOf = (N: number, per: string): Int8Spec =>
  per === 'channel'
    ? { format, axis: 0, transposed: true, scaleShape: [N], zeroShape: [N] }
    : { format, transposed: true, scaleShape: [], zeroShape: [] }

describe.each(['channel', 'tensor'])('a transposed weight coded by %s', per => {
  test.each([
    [3, 1],
    [1, 5],
    [1, 1],
    [40, 33],
  ])('[%i, %i] has the codes of the weight, turned', async (N, K) => {
    const data = seededNormal(1, N * K)
    const spec = specOf(N, per)
    const { codes } = codeInt8(memoryTensor('float32', [N, K], data), spec, 'test', coder)
    const plain = quantizeLinear(
      data,
      { shape: [N, K], ...(per === 'channel' ? { axis: 0 } : {}) },
      format,
    ).codes
    const turned = Uint8Array.from(
      { length: N * K },
      (_, at) => plain[(at % N) * K + Math.floor(at / N)] ?? 0,
    )
    expect(codes.shape).toEqual([K, N])
    expect(await codes.read()).toEqual(turned)
  })

  test('with a NaN is an error that says what to do', async () => {
    const { codes } = codeInt8(
      memoryTensor('float32', [2, 2], Float32Array.of(1, NaN, 2, 3)),
      specOf(2, per),
      'test',
      coder,
    )
    await expect(codes.read()).rejects.toThrow(/finite.*Exclude this weight/)
  })
})

describe('sums of channels', () => {
  const [K, N, stack] = [37, 5, 3]
  const forms: Readonly<Record<string, { readonly shape: readonly number[]; readonly spec: Omit<Int8Spec, 'format'> }>> = {
    'of columns': { shape: [K, N], spec: { axis: 1, transposed: false, scaleShape: [N], zeroShape: [N] } },
    'of rows': { shape: [N, K], spec: { axis: 0, transposed: false, scaleShape: [N], zeroShape: [N] } },
    'of rows, turned': { shape: [N, K], spec: { axis: 0, transposed: true, scaleShape: [N], zeroShape: [N] } },
    'of a stack': { shape: [stack, K, N], spec: { axis: 1, stack, transposed: false, scaleShape: [stack, 1, N], zeroShape: [stack, 1, N] } },
    'of a stack, turned': { shape: [stack, N, K], spec: { axis: 0, stack, transposed: true, scaleShape: [stack, 1, N], zeroShape: [stack, 1, N] } },
  } // prettier-ignore
  const cases = Object.keys(forms).flatMap(name =>
    (['uint8', 'int8'] as const).map(type => [name, type] as const),
  )

  test.each(cases)('%s, %s: what the codes stand for', async (name, type) => {
    const { shape = [], spec } = forms[name] ?? {}
    if (!spec) throw new Error(name)
    const data = seededNormal(2, shape.reduce((all, each) => all * each, 1)).map(value => value + 0.3)
    const of: Int8Spec = { ...spec, format: { type, symmetric: false }, sums: true }
    const { codes, scales, zeroPoints, sums } = codeInt8(memoryTensor('float32', shape, data), of, 'test', coder)
    const view = (bytes: Uint8Array): Int8Array | Uint8Array => (type === 'int8' ? new Int8Array(bytes.slice().buffer) : bytes)
    const [q, z] = [view(await codes.read()), view(await zeroPoints.read())]
    const s = new Float32Array((await scales.read()).slice().buffer)
    const inRows = name === 'of rows'
    const want = Array.from(s, (scale, channel) => {
      const [matrix, n] = [Math.floor(channel / N), channel % N]
      const places = Array.from({ length: K }, (_, k) => matrix * K * N + (inRows ? n * K + k : k * N + n))
      const whole = places.reduce((sum, at) => sum + (q[at] ?? 0) - (z[channel] ?? 0), 0)
      return Math.fround(whole * scale)
    })
    expect(sums?.shape).toEqual(spec.scaleShape)
    expect([...new Float32Array(((await sums?.read()) ?? new Uint8Array(0)).slice().buffer)]).toEqual(want)
  }) // prettier-ignore

  test('are made when they are asked for alone', () => {
    const spec = { format, axis: 1, transposed: false, scaleShape: [2], zeroShape: [2] } as const
    expect(codeInt8(memoryTensor('float32', [2, 2], new Float32Array(4)), spec, 'test', coder).sums).toBeUndefined()
  }) // prettier-ignore
})
