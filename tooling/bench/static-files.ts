// Real files for a classifier of file types: of this repository and of the packages installed for it, as many kinds as there are,
// arranged as Magika wants them (its content_types `beg` and `end`: 1,024 bytes without white space around each, 256 is padding).
import { open, readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { TensorData } from '@damson/core'

const half = 1024
const block = 4096
const padding = 256

/** Paths, one kind after the other, so that no kind takes more than its turn. */
export async function manyFiles(root: string, count: number): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const kinds = new Map<string, string[]>()
  for (const entry of entries.toSorted((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1))) {
    if (!entry.isFile() || pathOf(entry).includes('/.git/')) continue
    const kind = extname(entry.name)
    const list = kinds.get(kind)
    if (list) list.push(pathOf(entry))
    else kinds.set(kind, [pathOf(entry)])
  }
  const found: string[] = []
  for (let turn = 0; found.length < count; turn++) {
    const each = [...kinds.values()].flatMap(list => list[Math.floor(spread(turn) * list.length)] ?? [])
    const fresh = each.filter(path => !found.includes(path))
    found.push(...fresh.slice(0, count - found.length))
    if (turn > 20 * count) break
  }
  return found
}

/** Points that fill [0, 1) evenly, however many are taken. */
const spread = (turn: number): number => (turn * 0.6180339887498949) % 1

const pathOf = ({ parentPath, name }: { readonly parentPath: string; readonly name: string }): string =>
  join(parentPath, name)

/** int32 [1, 2048]; undefined for a file of less than 8 bytes, which Magika does not ask its model about. */
export async function bytesFeed(path: string): Promise<TensorData | undefined> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    if (size < 8) return undefined
    const length = Math.min(block, size)
    const [first, last] = [new Uint8Array(length), new Uint8Array(length)]
    await file.read(first, 0, length, 0)
    await file.read(last, 0, length, size - length)
    const beginning = first
      .subarray(first.findIndex(isInk) < 0 ? length : first.findIndex(isInk))
      .subarray(0, half)
    const end = last.subarray(0, last.findLastIndex(isInk) + 1).slice(-half)
    const data = new Int32Array(2 * half).fill(padding)
    data.set(beginning)
    data.set(end, 2 * half - end.length)
    return { dtype: 'int32', shape: [1, 2 * half], data }
  } finally {
    await file.close()
  }
}

/** What Python's bytes.strip does not take away. */
function isInk(byte: number): boolean {
  return byte !== 32 && (byte < 9 || byte > 13)
}
