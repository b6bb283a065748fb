import { expect, test } from 'vitest'
import { readNpy } from './npy.ts'

/** A .npy file of version 1. */
function fileOf(header: string, data: Uint8Array): Uint8Array {
  const padded = `${header.padEnd(117)}\n`
  return Uint8Array.of(0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length, 0, ...Buffer.from(padded), ...data)
}

const two = fileOf(
  "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
  new Uint8Array(Float32Array.of(1, 2).buffer),
)

test('an array, also from the middle of a larger buffer', () => {
  const expected = { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) }
  expect(readNpy(two)).toEqual(expected)
  const around = Buffer.concat([Buffer.from('before'), two, Buffer.from('behind')])
  expect(readNpy(around.subarray(6, 6 + two.length))).toEqual(expected)
})

test.each([
  ['no .npy', Uint8Array.of(1, 2, 3), /magic string/],
  ['a type', fileOf("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", new Uint8Array(8)), /one of the types .* got "<c8"/],
  ['an order', fileOf("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", new Uint8Array(4)), /C order/],
  ['a length', fileOf("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", new Uint8Array(4)), /3 elements for shape \[3\], got 1/],
])('%s is refused', (_, bytes, says) => {
  expect(() => readNpy(bytes)).toThrow(says)
}) // prettier-ignore

test('data that is no whole number of elements', () => {
  expect(() => readNpy(two.subarray(0, -1))).toThrow(expect.objectContaining({ code: 'invalid-npy' }))
})
