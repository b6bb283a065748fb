import { openSource } from '@damson/graph'
import { describe, expect, test } from 'vitest'
import { openSafetensors } from './safetensors.ts'

/** A file with this header and these bytes behind it. */
function fileOf(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes
}

const open = async (bytes: Uint8Array<ArrayBuffer>) => openSafetensors(await openSource(bytes))
const entry = (dtype: string, shape: readonly number[], from: number, to: number) => ({ dtype, shape, data_offsets: [from, to] }) // prettier-ignore

test('arrays are read by name, bfloat16 widened', async () => {
  const data = new Uint8Array(
    Uint8Array.of(...new Uint8Array(Float32Array.of(1.5, -2).buffer), 0xc0, 0x3f, 0x00, 0xc0, ...new Uint8Array(BigInt64Array.of(-5n).buffer)),
  ) // prettier-ignore
  const header = {
    __metadata__: { format: 'pt' },
    a: entry('F32', [2, 1], 0, 8),
    b: entry('BF16', [2], 8, 12),
    'c/d': entry('I64', [], 12, 20),
    empty: entry('U8', [0, 4], 20, 20),
  }
  const file = await open(fileOf(header, data))
  expect(file.names).toEqual(['a', 'b', 'c/d', 'empty'])
  expect(await file.read('a')).toEqual({ dtype: 'float32', shape: [2, 1], data: Float32Array.of(1.5, -2) })
  expect(await file.read('b')).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(1.5, -2) })
  expect(await file.read('c/d')).toEqual({ dtype: 'int64', shape: [], data: BigInt64Array.of(-5n) })
  expect(await file.read('empty')).toEqual({ dtype: 'uint8', shape: [0, 4], data: new Uint8Array(0) })
  await expect(file.read('e')).rejects.toThrow(/expected an array "e", got none of that name/)
})

describe('what does not add up is an error', () => {
  const lying = fileOf({})
  new DataView(lying.buffer).setBigUint64(0, 2n ** 63n, true)
  test.each<readonly [string, Uint8Array<ArrayBuffer>, RegExp]>([
    ['seven bytes', new Uint8Array(7), /at least 8 bytes, got 7/],
    ['a header longer than the file', lying, /a header of at most 2 bytes, got 9223372036854775808/],
    ['no JSON', fileOf('{"a":'), /a header in JSON/],
    ['no UTF-8', fileOf('x').fill(0xff, 8), /a header in JSON/],
    ['a list', fileOf([]), /an object as header, got a list/],
    ['a type', fileOf({ a: entry('F8_E4M3', [1], 0, 1) }, new Uint8Array(1)), /"a" of one of the types F64 .* got "F8_E4M3"/],
    ['a type of objects', fileOf({ a: entry('constructor', [1], 0, 1) }, new Uint8Array(1)), /one of the types/],
    ['a shape', fileOf({ a: entry('U8', [-1], 0, 1) }, new Uint8Array(1)), /a shape of whole numbers for "a"/],
    ['offsets beyond the end', fileOf({ a: entry('U8', [2], 0, 2) }, new Uint8Array(1)), /offsets of "a" inside the file/],
    ['offsets backwards', fileOf({ a: entry('U8', [0], 1, 0) }, new Uint8Array(1)), /offsets of "a" inside the file/],
    ['a size', fileOf({ a: entry('F32', [2], 0, 4) }, new Uint8Array(4)), /8 bytes for "a", which is F32\[2\], got 4/],
    ['a size that overflows', fileOf({ a: entry('F32', [2 ** 52, 2 ** 52], 0, 4) }, new Uint8Array(4)), /bytes for "a"/],
    ['no entry', fileOf({ a: 3 }), /"a" of one of the types/],
  ])('%s', async (_, bytes, says) => {
    await expect(open(bytes)).rejects.toMatchObject({ code: 'invalid-safetensors', message: expect.stringMatching(says) })
  }) // prettier-ignore
  test('every truncation', async () => {
    const whole = fileOf({ a: entry('F32', [2], 0, 8) }, new Uint8Array(8))
    for (let length = 0; length < whole.length; length++)
      await expect(open(whole.slice(0, length))).rejects.toMatchObject({ code: 'invalid-safetensors' })
  })
})
