// Golden data lies in files beside the tests: JSON with a note of where it came from, or .npy arrays.
import { readFile } from 'node:fs/promises'
import type { TensorData } from '@damson/core'
import { readNpy } from '@damson/runtime'

/** A .npy file beside the test: `goldenArray('golden/noise-0.npy', import.meta.url)`. */
export async function goldenArray(file: string, base: string): Promise<TensorData> {
  return readNpy(await readFile(new URL(file, base)))
}

/** A JSON file beside the test, as unknown: narrow it before use. */
export async function goldenJson(file: string, base: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(file, base), 'utf8'))
}
