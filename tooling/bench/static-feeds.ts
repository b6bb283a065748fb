// Feeds in a folder, for tooling/peers/quantize-static.py and for later stages: feeds.json names the arrays, each a file of
// its plain bytes.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Elements, Feeds, TensorData } from '@damson/core'

interface Stored {
  readonly name: string
  readonly dtype: 'float32' | 'int32' | 'int64'
  readonly shape: readonly number[]
  readonly file: string
}

const arrays: Readonly<Record<Stored['dtype'], (bytes: ArrayBuffer) => Elements>> = {
  float32: bytes => new Float32Array(bytes),
  int32: bytes => new Int32Array(bytes),
  int64: bytes => new BigInt64Array(bytes),
}

export async function writeFeeds(folder: string, feeds: readonly Feeds[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  const stored: Stored[][] = []
  for (const [index, each] of feeds.entries()) {
    const row: Stored[] = []
    for (const [name, { dtype, shape, data }] of Object.entries(each)) {
      const file = `${index}-${row.length}.bin`
      if (!ArrayBuffer.isView(data) || !(dtype === 'float32' || dtype === 'int32' || dtype === 'int64'))
        throw new Error(`Expected float32, int32 or int64 for ${name}, got ${dtype}.`)
      await writeFile(join(folder, file), data)
      row.push({ name, dtype, shape, file })
    }
    stored.push(row)
  }
  await writeFile(join(folder, 'feeds.json'), JSON.stringify(stored))
}

export async function readFeeds(folder: string): Promise<readonly Feeds[]> {
  const rows: readonly (readonly Stored[])[] = JSON.parse(await readFile(join(folder, 'feeds.json'), 'utf8'))
  return Promise.all(
    rows.map(async row => {
      const entries = await Promise.all(
        row.map(async ({ name, dtype, shape, file }): Promise<[string, TensorData]> => {
          const bytes = await readFile(join(folder, file))
          return [name, { dtype, shape, data: arrays[dtype](bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)) }]
        }),
      )
      return Object.fromEntries(entries)
    }),
  )
} // prettier-ignore
