import { DamsonError } from '@damson/graph'
import { strToU8, zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { openNpz } from './npz.ts'

/** numpy 2: savez_compressed(…, **{'input_ids': [[1, 2], [3, -4]] as int64, '0/x': float32([0.5])}). */
const written = Buffer.from(
  'UEsDBC0AAAAIAAAAIQDMTegV//////////8NABQAaW5wdXRfaWRzLm5weQEAEACgAAAAAAAAAFMAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKRpo6CrUKZAMuRgYIYILSzFD6z38IAABQSwMELQAAAAgAAAAhABqu1Ej//////////wcAFAAwL3gubnB5AQAQAIQAAAAAAAAASAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqGOpo6CrUKFAAuBgYGewBQSwECLQMtAAAACAAAACEAzE3oFVMAAACgAAAADQAAAAAAAAAAAAAAgAEAAAAAaW5wdXRfaWRzLm5weVBLAQItAy0AAAAIAAAAIQAartRISAAAAIQAAAAHAAAAAAAAAAAAAACAAZIAAAAwL3gubnB5UEsFBgAAAAACAAIAcAAAABMBAAAAAA==',
  'base64',
)

test('what numpy writes', async () => {
  const file = openNpz(written, 'a.npz')
  expect(file.names).toEqual(['input_ids', '0/x'])
  expect(await file.read('input_ids')).toEqual({ dtype: 'int64', shape: [2, 2], data: BigInt64Array.of(1n, 2n, 3n, -4n) }) // prettier-ignore
  expect(await file.read('0/x')).toEqual({ dtype: 'float32', shape: [1], data: Float32Array.of(0.5) })
  await expect(file.read('y')).rejects.toMatchObject({ code: 'invalid-npz' })
})

test('files of other kinds in it are no arrays; a broken array is said to be one', async () => {
  const file = openNpz(zipSync({ 'readme.txt': strToU8('hello'), 'x.npy': strToU8('no array at all') }))
  expect(file.names).toEqual(['x'])
  await expect(file.read('x')).rejects.toMatchObject({ code: 'invalid-npy' })
})

test('truncated or flipped bytes give an error of ours or the same arrays, never a crash', async () => {
  const everything = async (bytes: Uint8Array): Promise<unknown> => {
    try {
      const file = openNpz(bytes)
      return await Promise.all(file.names.map(name => file.read(name)))
    } catch (error) {
      return DamsonError.isInstance(error) ? error.code : error
    }
  }
  for (let length = 0; length < written.length; length += 7)
    expect(await everything(written.subarray(0, length))).toMatch(/^invalid-np[yz]$/)
  for (let at = 0; at < written.length; at++) {
    const flipped = Uint8Array.from(written)
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
    const got = await everything(flipped)
    expect(Array.isArray(got) || /^invalid-np[yz]$/.test(String(got)), `byte ${at}: ${String(got)}`).toBe(
      true,
    )
  }
})
