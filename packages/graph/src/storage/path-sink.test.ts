import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { filesIn, hiddenIn } from '../../test/look-at-files.ts'
import { DamsonError } from '../error.ts'
import { diskError } from './disk-error.node.ts'
import { folderSink } from './path-sink.node.ts'

const root = mkdtempSync(join(tmpdir(), 'damson-path-sink-'))
afterAll(() => rmSync(root, { recursive: true }))

let rooms = 0
/** A fresh folder path; made or not. */
function room(make: boolean): string {
  const path = join(root, `room-${rooms++}`)
  if (make) mkdirSync(path)
  return path
}

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)

describe('folders', () => {
  test('a new folder does not exist before commit, and no hidden one after', async () => {
    const path = room(false)
    const sink = folderSink(path)
    await (await sink.create('a')).write(0, bytes('1'))
    expect(existsSync(path)).toBe(false)
    await sink.commit()
    expect(filesIn(path)).toEqual({ a: '1' })
    expect(hiddenIn(root)).toEqual([])
  })

  test('an abort takes new parent folders away too', async () => {
    const path = room(false)
    const sink = folderSink(join(path, 'deep', 'er'))
    await (await sink.create('sub/a')).write(0, bytes('1'))
    await sink.abort()
    expect(existsSync(path)).toBe(false)
  })

  test('in a folder that is there other files stay, the same are replaced', async () => {
    const path = room(true)
    writeFileSync(join(path, 'kept'), 'old')
    writeFileSync(join(path, 'model'), 'old')
    const sink = folderSink(path)
    await (await sink.create('model')).write(0, bytes('new'))
    expect(readFileSync(join(path, 'model'), 'utf8')).toBe('old')
    await sink.commit()
    expect(filesIn(path)).toEqual({ kept: 'old', model: 'new' })
  })

  test('what is to go goes at commit, not when the save is given up', async () => {
    const path = room(true)
    writeFileSync(join(path, 'kept'), 'old')
    writeFileSync(join(path, 'gone'), 'old')
    for (const end of ['abort', 'commit'] as const) {
      const sink = folderSink(path)
      await (await sink.create('model')).write(0, bytes('new'))
      await sink.remove?.('gone')
      await sink.remove?.('never was')
      expect(existsSync(join(path, 'gone'))).toBe(true)
      await sink[end]()
    }
    expect(filesIn(path)).toEqual({ kept: 'old', model: 'new' })
    await expect(folderSink(path).remove?.('../kept')).rejects.toMatchObject({ code: 'path' })
  })

  test('a folder made meanwhile is filled', async () => {
    const path = room(false)
    const sink = folderSink(path)
    await (await sink.create('sub/a')).write(0, bytes('1'))
    mkdirSync(path)
    writeFileSync(join(path, 'other'), 'x')
    await sink.commit()
    expect(filesIn(path)).toEqual({ other: 'x', 'sub/a': '1' })
    expect(hiddenIn(root)).toEqual([])
  })

  test('what a killed save left under a hidden name does not get into the next', async () => {
    const [path, there] = [room(false), room(true)]
    const probe = folderSink(room(false))
    await probe.create('a')
    const [hidden = ''] = hiddenIn(root)
    await probe.abort()
    const number = Number(hidden.match(/#(\d+)/)?.[1])
    for (let next = number + 1; next < number + 20; next++) {
      mkdirSync(`${join(root, `.${basename(path)}.damson-${process.pid}`)}#${next}`)
      writeFileSync(`${join(root, `.${basename(path)}.damson-${process.pid}`)}#${next}/stale`, 'x')
      writeFileSync(`${join(there, `.a.damson-${process.pid}`)}#${next}`, 'x')
    }
    for (const target of [path, there]) {
      const sink = folderSink(target)
      await (await sink.create('a')).write(0, bytes('1'))
      await sink.commit()
      expect(filesIn(target)).toEqual({ a: '1' })
    }
    for (const name of hiddenIn(root)) rmSync(join(root, name), { recursive: true, force: true })
  })

  test('a file twice is an error', async () => {
    const sink = folderSink(room(false))
    await sink.create('a')
    await expect(sink.create('./a')).rejects.toMatchObject({ code: 'path' })
    await sink.abort()
  })

  test('more than the disk holds is refused at once, with numbers', async () => {
    const path = room(true)
    const sink = folderSink(path)
    const file = await sink.create('big')
    await expect(file.reserve(2 ** 50)).rejects.toMatchObject({
      code: 'disk',
      message: expect.stringMatching(
        /big: expected room for 1125899906842624 bytes, but the disk has \d+ left/,
      ),
    })
    await sink.abort()
    expect(filesIn(path)).toEqual({})
  })

  test('what is promised to one file is not promised to the next', async () => {
    const sink = folderSink(room(true))
    const first = await sink.create('first')
    const error: unknown = await first.reserve(2 ** 60).catch((caught: unknown) => caught)
    const free = DamsonError.isInstance(error, 'disk') ? Number(error.details['free']) : 0
    await first.reserve(Math.floor(free * 0.6))
    const second = await sink.create('second')
    await expect(second.reserve(Math.floor(free * 0.6))).rejects.toMatchObject({ code: 'disk' })
    await sink.abort()
  })

  test('a path through a file is an error that names it', async () => {
    const path = room(true)
    writeFileSync(join(path, 'file'), '')
    await expect(folderSink(join(path, 'file', 'below')).create('a')).rejects.toMatchObject({
      code: 'disk',
      message: expect.stringContaining('below'),
    })
  })
})

describe('errors of the disk', () => {
  test('a full one names the file, the bytes and what to do', () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    expect(diskError('out/model.onnx', 123, full)).toMatchObject({
      code: 'disk',
      message:
        'out/model.onnx: expected room for 123 bytes, but the disk is full. Free some space or save elsewhere.',
      details: { file: 'out/model.onnx', bytes: 123 },
    })
  })

  test('another one says why', () => {
    expect(diskError('model.onnx', undefined, new Error('EROFS: read-only file system')).message).toContain(
      'read-only',
    )
  })
})
