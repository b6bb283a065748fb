import { memoryTensor, type Tensor } from '@damson/graph'
import { decodeFloats, encodeFloats } from '@damson/numerics'
import { expect, test } from 'vitest'
import { createCoder } from './coder.ts'
import { halfTensor } from './half-constants.ts'

/** A tensor that is not resident, as those of a file are; larger than two bands, and no multiple of one. */
function streamed(values: Float32Array): Tensor {
  const { dtype, shape, byteLength, key } = memoryTensor('float32', [values.length], values)
  const bytes = new Uint8Array(values.buffer)
  return {
    dtype,
    shape,
    byteLength,
    key,
    read: async ({ offset = 0, into, length = byteLength - offset } = {}) => {
      const part = bytes.subarray(offset, offset + (into?.length ?? length))
      if (!into) return part.slice()
      into.set(part)
      return into
    },
  }
}

const values = Float32Array.from({ length: (9 << 18) + 5 }, (_, i) => Math.sin(i) * 2 ** ((i % 60) - 40))
const narrowing = { coder: createCoder(() => {}), key: 'test' }

test.each(['float16', 'bfloat16'] as const)(
  'a weight of three bands has the codes of its numbers: %s',
  async type => {
    const half = halfTensor(streamed(values), type, undefined, narrowing)
    const expected = new Uint8Array(encodeFloats(values, type).buffer)
    expect(Buffer.compare(await half.read(), expected)).toBe(0)
  },
)

test('resident and streamed constants are cut to the same limit', async () => {
  const masks = values.map(value => value * 1e6)
  const kept = halfTensor(memoryTensor('float32', [masks.length], masks), 'float16', 32752, narrowing)
  const made = halfTensor(streamed(masks), 'float16', 32752, narrowing)
  const bytes = await made.read()
  expect(Buffer.compare(bytes, await kept.read())).toBe(0)
  const numbers = decodeFloats(new Uint16Array(bytes.slice().buffer), 'float16')
  expect(numbers.reduce((most, value) => Math.max(most, value), 0)).toBe(32752)
})
