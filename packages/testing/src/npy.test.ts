import { readNpy } from '@damson/runtime'
import { expect, test } from 'vitest'

/** A version 1 file as NumPy writes it. */
function npy(descr: string, shape: string, data: Uint8Array): Uint8Array {
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`
  const padded = dict.padEnd(Math.ceil((10 + dict.length + 1) / 64) * 64 - 11) + '\n'
  const head = Uint8Array.of(
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    1,
    0,
    padded.length & 255,
    padded.length >> 8,
  )
  return Uint8Array.of(...head, ...new TextEncoder().encode(padded), ...data)
}

test('arrays of several types and shapes', () => {
  const floats = new Uint8Array(Float32Array.of(1, 2.5, -3, 4).buffer)
  expect(readNpy(npy('<f4', '(2, 2)', floats))).toEqual({
    dtype: 'float32',
    shape: [2, 2],
    data: Float32Array.of(1, 2.5, -3, 4),
  })
  expect(readNpy(npy('<i8', '()', new Uint8Array(BigInt64Array.of(-7n).buffer)))).toEqual({
    dtype: 'int64',
    shape: [],
    data: BigInt64Array.of(-7n),
  })
  expect(readNpy(npy('|b1', '(3,)', Uint8Array.of(1, 0, 1))).shape).toEqual([3])
})

test('what is no array is refused with what was expected', () => {
  expect(() => readNpy(Uint8Array.of(1, 2, 3))).toThrow(/magic/)
  expect(() => readNpy(npy('<U4', '(1,)', new Uint8Array(16)))).toThrow(/<f4/)
  expect(() => readNpy(npy('<f4', '(3,)', new Uint8Array(8)))).toThrow(/3 elements/)
})
