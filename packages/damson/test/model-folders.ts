// Models for the tests of the command, each a fresh copy in a temporary folder, and what a folder holds as hashes.
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { requireZoo } from '@damson/zoo'
import { onTestFinished } from 'vitest'

/** An empty folder that is gone after the test. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'damson-command-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A folder with a copy of a model of the zoo, a file or a folder, under a name. */
export async function folderWith(path: string, name: string): Promise<string> {
  const folder = await emptyFolder()
  await cp(requireZoo(path), join(folder, name), { recursive: true })
  return folder
}

/** A transformers.js folder `bert` of a tiny encoder: `onnx/model.onnx`, its configuration and a tokenizer file. */
export async function transformersFolder(): Promise<string> {
  const folder = await emptyFolder()
  const bert = join(folder, 'bert')
  await mkdir(join(bert, 'onnx'), { recursive: true })
  await cp(requireZoo('fixtures/bert-tiny-ts/model.onnx'), join(bert, 'onnx/model.onnx'))
  await cp(requireZoo('fixtures/bert-tiny-ts/config.json'), join(bert, 'config.json'))
  await writeFile(join(bert, 'tokenizer_config.json'), '{}\n')
  return folder
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Every file below a folder with the hash of its content. */
export async function contentOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const hashes = await Promise.all(
    files.sort().map(async file => [relative(folder, file), sha256(await readFile(file))] as const),
  )
  return Object.fromEntries(hashes)
}

/** Flips one bit in the middle of a file. */
export async function flipBit(file: string): Promise<void> {
  const bytes = await readFile(file)
  const at = bytes.length >> 1
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(file, bytes)
}
