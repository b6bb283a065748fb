import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fakeDirectory } from '../../test/fake-handles.ts'
import type { Source, SourceFolder } from '../storage.ts'
import { blobSource } from './blob-source.ts'
import { bytesSource } from './bytes-source.ts'
import { fileSource, pathFolder } from './file-source.node.ts'
import { handleFolder, memoryFolder } from './folders.ts'
import {
  fileSink as webFileSink,
  fileSource as webFileSource,
  pathFolder as webPathFolder,
} from './no-paths.web.ts'
import { openFolder, openSource } from './open.ts'
import { createSha256 } from './sha256.node.ts'
import { createSha256 as createWebSha256 } from './sha256.web.ts'
import { createSpill } from './spill.node.ts'
import { createSpill as createWebSpill } from './spill.web.ts'
import { streamSource } from './stream-source.ts'

const root = mkdtempSync(join(tmpdir(), 'damson-sources-'))
afterAll(() => rmSync(root, { recursive: true }))

const content = Uint8Array.from({ length: 1000 }, (_, at) => at & 255)
const file = join(root, 'a.bin')
writeFileSync(file, content)

const sources: Readonly<Record<string, () => Source | Promise<Source>>> = {
  bytes: () => bytesSource(content),
  blob: () => blobSource(new Blob([content])),
  'file in the browser': () => openSource(new File([content], 'a.bin')),
  'file in Node': () => fileSource(file),
  stream: () => streamSource(new Blob([content]).stream()),
  path: () => openSource(file),
  buffer: () => openSource(content.buffer),
}

describe.each(Object.entries(sources))('%s as a source', (_, make) => {
  test('reads ranges', async () => {
    const source = await make()
    expect(source.size).toBe(1000)
    const into = new Uint8Array(10)
    await source.read(300, into)
    expect(into).toEqual(content.subarray(300, 310))
  })

  test('never reads short', async () => {
    const source = await make()
    await expect(source.read(995, new Uint8Array(6))).rejects.toMatchObject({
      code: 'read',
      details: { size: 1000 },
    })
  })

  test('stops at an abort', async () => {
    const source = await make()
    await expect(source.read(0, new Uint8Array(1), AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    })
  })
})

test('keys: one for a file that stays, another when it changes, none shared between contents without name', async () => {
  const path = join(root, 'changing')
  writeFileSync(path, 'one')
  const before = await fileSource(path)
  expect((await fileSource(path)).key).toBe(before.key)
  writeFileSync(path, 'three')
  expect((await fileSource(path)).key).not.toBe(before.key)
  expect(bytesSource(content).key).not.toBe(bytesSource(content).key)
})

test('a file that became shorter is an error, not zeros', async () => {
  const path = join(root, 'shrinking')
  writeFileSync(path, content)
  const source = await fileSource(path)
  truncateSync(path, 10)
  await expect(source.read(5, new Uint8Array(20))).rejects.toMatchObject({
    code: 'read',
    message: expect.stringContaining('changed while open'),
  })
})

test('a closed file says so', async () => {
  const source = await fileSource(file)
  await source.close?.()
  await source.close?.()
  await expect(source.read(0, new Uint8Array(1))).rejects.toMatchObject({ code: 'read' })
})

test('no file, and a folder in its place', async () => {
  await expect(fileSource(join(root, 'gone'))).rejects.toMatchObject({ code: 'not-found' })
  await expect(fileSource(root)).rejects.toMatchObject({
    code: 'read',
    message: expect.stringContaining('not a file'),
  })
})

const tree = new Map([
  ['m.onnx', content],
  ['onnx/w.data', content.subarray(0, 5)],
])
mkdirSync(join(root, 'tree/onnx'), { recursive: true })
for (const [path, bytes] of tree) writeFileSync(join(root, 'tree', path), bytes)

const folders: Readonly<Record<string, () => SourceFolder>> = {
  memory: () => memoryFolder(tree),
  path: () => pathFolder(join(root, 'tree')),
  handle: () => handleFolder(fakeDirectory(new Map(tree))),
  'opened map': () => openFolder(tree),
  'opened handle': () => openFolder(fakeDirectory(new Map(tree))),
}

describe.each(Object.entries(folders))('%s as a folder', (_, make) => {
  test('lists and opens', async () => {
    const folder = make()
    expect(await folder.list()).toEqual(['m.onnx', 'onnx/w.data'])
    const source = await folder.open('onnx/w.data')
    expect(source?.size).toBe(5)
    expect(await folder.open('onnx/gone')).toBeUndefined()
    expect(await folder.open('gone/w.data')).toBeUndefined()
  })

  test.each(['../a.bin', '/etc/passwd', 'onnx/../../a.bin'])('refuses %j', async path => {
    await expect(make().open(path)).rejects.toMatchObject({ code: 'path' })
  })
})

test('outside Node paths are refused by name', async () => {
  await expect(webFileSource('m.onnx')).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('m.onnx'),
  })
  expect(() => webPathFolder('m')).toThrow(/paths work in Node only/)
  expect(() => webFileSink('m')).toThrow(/paths work in Node only/)
})

test('SHA-256 is the same in Node and elsewhere', () => {
  const hashes = [createSha256(), createWebSha256()].map(hash => {
    for (let at = 0; at < 1000; at += 77) hash.update(content.subarray(at, Math.min(at + 77, 1000)))
    return hash.digest()
  })
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(hashes[1]).toBe(hashes[0])
})

test.each([
  ['Node', createSpill],
  ['elsewhere', createWebSpill],
])('a spill in %s', async (_, create) => {
  const spill = await create(8)
  await spill.write(4, Uint8Array.from([5, 6, 7, 8]))
  await spill.write(0, Uint8Array.from([1, 2, 3, 4]))
  const into = new Uint8Array(4)
  await spill.read(2, into)
  expect([...into]).toEqual([3, 4, 5, 6])
  await spill.close()
})
