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
