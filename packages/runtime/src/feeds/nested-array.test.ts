import { expect, test } from 'vitest'
import { tensorOfNested } from './nested-array.ts'

test('lists become tensors of the type that is asked for', () => {
  expect(tensorOfNested([[1, 2, 3], [4, 5, 6]], 'int64')).toEqual({ dtype: 'int64', shape: [2, 3], data: BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n) }) // prettier-ignore
  expect(tensorOfNested([0.5, -1], 'float32')).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(0.5, -1) }) // prettier-ignore
  expect(tensorOfNested([1, -2], 'float16')).toEqual({ dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) }) // prettier-ignore
  expect(tensorOfNested([true, 0], 'bool')).toEqual({ dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) })
  expect(tensorOfNested(3, 'float64')).toEqual({ dtype: 'float64', shape: [], data: Float64Array.of(3) })
  expect(tensorOfNested([['a', 'b']], 'string')).toEqual({ dtype: 'string', shape: [1, 2], data: ['a', 'b'] })
  expect(tensorOfNested([[], []], 'float32')).toEqual({ dtype: 'float32', shape: [2, 0], data: new Float32Array(0) }) // prettier-ignore
})

test('whole numbers beyond 2^53 come as text, and are exact', () => {
  const { data } = tensorOfNested(['9223372036854775807', '-9223372036854775808'], 'int64')
  expect(data).toEqual(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)))
})

test.each([
  [[[1, 2], [3]], 'float32', /lists of 2 items along axis 1, .* got one of 1/],
  [[[1, 2], 3], 'float32', /lists of 2 items along axis 1, .* got 3/],
  [[1, [2]], 'float32', /nested 1 deep everywhere, got deeper ones/],
  [[1.5], 'int64', /whole numbers from -9223372036854775808 .* got 1\.5 at element 0/],
  [[0, 300], 'uint8', /whole numbers from 0 to 255 \(uint8\), got 300 at element 1/],
  [[2], 'bool', /from 0 to 1 \(bool\), got 2/],
  [[2 ** 60], 'int64', /at element 0; write it as text, since JSON rounds it/],
  [['9223372036854775808'], 'int64', /got "9223372036854775808"/],
  [[null], 'float32', /numbers \(float32\), got null at element 0/],
  [['1'], 'float32', /numbers \(float32\), got "1"/],
  [[1], 'string', /strings, got 1 at element 0/],
  [[1], 'bfloat16', /a type that can be fed, got bfloat16/],
])('%j as %s is refused', (value, dtype, says) => {
  expect(() => tensorOfNested(value, dtype)).toThrow(says)
})
