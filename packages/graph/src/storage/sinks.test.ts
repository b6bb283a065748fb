import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fakeDirectory } from '../../test/fake-handles.ts'
import { DamsonError } from '../error.ts'
import type { Sink } from '../storage.ts'
import { diskError } from './disk-error.node.ts'
import { handleSink } from './handle-sink.ts'
import { memorySink } from './memory-sink.ts'
import { openSink } from './open.ts'
import { fileSink, folderSink } from './path-sink.node.ts'
import { streamSink } from './stream-sink.ts'

const root = mkdtempSync(join(tmpdir(), 'damson-sinks-'))
afterAll(() => rmSync(root, { recursive: true }))

let rooms = 0
/** A fresh folder path; made or not. */
function room(make: boolean): string {
  const path = join(root, `room-${rooms++}`)
  if (make) mkdirSync(path)
  return path
}

/** Files by path, without the hidden ones of a save under way. */
function filesIn(path: string): Record<string, string> {
  if (!existsSync(path)) return {}
  const names = readdirSync(path, { recursive: true, withFileTypes: true }).filter(
    entry => entry.isFile() && !entry.name.startsWith('.'),
  )
  return Object.fromEntries(
    names.map(entry => {
      const full = join(entry.parentPath, entry.name)
      return [full.slice(path.length + 1), readFileSync(full, 'utf8')]
    }),
  )
}

function hiddenIn(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(name => /(^|\/)\./.test(name))
}

interface Place {
  readonly sink: Sink
  /** Files that can be seen, with their text. */
  readonly seen: () => Record<string, string>
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)

const places: Readonly<Record<string, () => Place>> = {
  memory() {
    const sink = memorySink()
    return { sink, seen: () => Object.fromEntries([...sink.files].map(([path, file]) => [path, text(file)])) }
  },
  'a new folder'() {
    const path = room(false)
    return { sink: folderSink(path), seen: () => filesIn(path) }
  },
  'a new folder in a new folder'() {
    const path = room(false)
    return { sink: folderSink(join(path, 'in')), seen: () => filesIn(join(path, 'in')) }
  },
  'a folder that is there'() {
    const path = room(true)
    return { sink: folderSink(path), seen: () => filesIn(path) }
  },
  'beside a file'() {
    const path = room(true)
    return { sink: fileSink(join(path, 'm.onnx')), seen: () => filesIn(path) }
  },
  'a directory handle'() {
    const files = new Map<string, Uint8Array>()
    const seen = (): Record<string, string> =>
      Object.fromEntries(
        [...files].filter(([, file]) => file.length > 0).map(([path, file]) => [path, text(file)]),
      )
    return { sink: handleSink(fakeDirectory(files)), seen }
  },
}

describe.each(Object.entries(places))('%s as a sink', (_, make) => {
  test('shows everything at commit, nothing before', async () => {
    const { sink, seen } = make()
    const one = await sink.create('m.onnx')
    await one.reserve(6)
    await one.write(3, bytes('def'))
    await one.write(0, bytes('abc'))
    await one.close()
    const two = await sink.create('sub/n.json')
    await two.write(0, bytes('{}'))
    await two.close()
    expect(Object.values(seen())).not.toContain('abcdef')
    await sink.commit()
    expect(seen()).toEqual({ 'm.onnx': 'abcdef', 'sub/n.json': '{}' })
  })

  test('keeps a copy of what is written', async () => {
    const { sink, seen } = make()
    const file = await sink.create('m.onnx')
    const buffer = bytes('one')
    await file.write(0, buffer)
    buffer.set(bytes('two'))
    await file.write(3, buffer)
    await file.close()
    await sink.commit()
    expect(seen()).toEqual({ 'm.onnx': 'onetwo' })
  })

  test('reads back, where it can', async () => {
    const { sink } = make()
    const file = await sink.create('m.onnx')
    await file.write(0, bytes('abcdef'))
    const into = new Uint8Array(3)
    await file.read?.(2, into)
    if (file.read) expect(text(into)).toBe('cde')
    await sink.abort()
  })

  test('leaves nothing behind after an abort', async () => {
    const { sink, seen } = make()
    const before = filesIn(root)
    const file = await sink.create('sub/m.onnx')
    await file.write(0, bytes('abc'))
    await sink.abort()
    expect(seen()).toEqual({})
    expect(filesIn(root)).toEqual(before)
    expect(hiddenIn(root)).toEqual([])
    await sink.abort()
  })

  test.each(['../x', '/x', 'a/../../x', ''])('refuses the path %j', async path => {
    const { sink } = make()
    await expect(sink.create(path)).rejects.toMatchObject({ code: 'path' })
    await sink.abort()
  })
})

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

describe('memory', () => {
  test('as a Blob', async () => {
    const sink = memorySink()
    await (await sink.create('a')).write(0, bytes('abc'))
    await sink.commit()
    expect(await sink.toBlob().text()).toBe('abc')
    expect(await sink.toBlob('a').text()).toBe('abc')
    expect(() => sink.toBlob('b')).toThrow(/there are: a/)
  })
})

describe('streams', () => {
  function recorder(): { stream: WritableStream<Uint8Array>; chunks: string[]; ended: string[] } {
    const chunks: string[] = []
    const ended: string[] = []
    const stream = new WritableStream<Uint8Array>({
      write: chunk => void chunks.push(text(chunk)),
      close: () => void ended.push('closed'),
      abort: () => void ended.push('aborted'),
    })
    return { stream, chunks, ended }
  }

  test('get bands in order, whatever order they come in', async () => {
    const { stream, chunks, ended } = recorder()
    const sink = openSink(stream)
    const file = await sink.create('m.onnx')
    await file.write(4, bytes('ef'))
    await file.write(0, bytes('ab'))
    await file.write(2, bytes('cd'))
    await file.close()
    await sink.commit()
    expect(chunks).toEqual(['ab', 'cd', 'ef'])
    expect(ended).toEqual(['closed'])
  })

  test('hold one file', async () => {
    const sink = streamSink(recorder().stream)
    await sink.create('m.onnx')
    await expect(sink.create('m.onnx_data')).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('a gap is an error, an abort is passed on', async () => {
    const { stream, ended } = recorder()
    const sink = streamSink(stream)
    const file = await sink.create('m.onnx')
    await file.write(1, bytes('b'))
    await expect(file.close()).rejects.toMatchObject({ code: 'incomplete' })
    await sink.abort()
    expect(ended).toEqual(['aborted'])
  })
})

describe('handles', () => {
  test('a full disk is an error of code disk', async () => {
    const sink = handleSink(fakeDirectory(new Map()))
    const file = await sink.create('big')
    await expect(file.reserve(2e9)).rejects.toMatchObject({
      code: 'disk',
      message: expect.stringContaining('quota'),
    })
  })

  test('an abort keeps what was there', async () => {
    const files = new Map([['old', bytes('old')]])
    const sink = handleSink(fakeDirectory(files))
    await (await sink.create('old')).write(0, bytes('new'))
    await (await sink.create('new')).write(0, bytes('new'))
    await sink.abort()
    expect([...files].map(([path, content]) => [path, text(content)])).toEqual([['old', 'old']])
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
