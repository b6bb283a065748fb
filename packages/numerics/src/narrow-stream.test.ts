import { describe, expect, test } from 'vitest'
import { bytesOf, floatsOf, golden } from '../test/golden.ts'
import { createKernel } from './kernel.ts'
import { decodeFloats, encodeFloats } from './narrow-float.ts'

const data = golden('floats')

describe.each(['auto', 'off'] as const)('narrowing (wasm: %s)', wasm => {
  test.each(['float16', 'bfloat16'] as const)('gives the codes of numpy and ml_dtypes: %s', type => {
    const input = floatsOf(data[type]?.['input'] ?? '')
    const [band] = createKernel({ wasm }).narrow({ type }).bands
    band.source.set(new Uint8Array(input.buffer, input.byteOffset, input.byteLength))
    expect(band.push(input.length)).toEqual(bytesOf(data[type]?.['encoded'] ?? ''))
  })

  test('keeps the codes of one band while the next is made', () => {
    const stream = createKernel({ wasm }).narrow({ type: 'float16' }, { bandBytes: 64 })
    const numbers = [1, 2].map(from => Float32Array.from({ length: 16 }, (_, i) => from + i / 7))
    const codes = stream.bands.map((band, at) => {
      band.source.set(new Uint8Array(numbers[at]?.buffer ?? new ArrayBuffer(0)))
      return band.push(16)
    })
    const expected = numbers.map(each => new Uint8Array(encodeFloats(each, 'float16').buffer))
    expect(codes).toEqual(expected)
  })

  test('cuts finite numbers to the limit and leaves infinities', () => {
    const [band] = createKernel({ wasm }).narrow({ type: 'float16', limit: 32752 }).bands
    const values = Float32Array.of(-3.4e38, 1e9, -Infinity, 32752, 5)
    band.source.set(new Uint8Array(values.buffer))
    const codes = new Uint16Array(band.push(5).slice().buffer)
    expect(decodeFloats(codes, 'float16')).toEqual(Float32Array.of(-32752, 32752, -Infinity, 32752, 5))
  })
})

test('a limit that the type does not hold, and a stream that was ended, are errors', () => {
  const kernel = createKernel()
  expect(() => kernel.narrow({ type: 'float16', limit: 70000 })).toThrow(
    'a positive number that float16 holds',
  )
  const [band] = kernel.narrow({ type: 'bfloat16' }).bands
  kernel.narrow({ type: 'float16' })
  expect(() => band.push(1)).toThrow('ended by a later one')
})
