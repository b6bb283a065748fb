import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fakeDirectory } from '../../test/fake-handles.ts'
import { filesIn, hiddenIn } from '../../test/look-at-files.ts'
import type { Sink } from '../storage.ts'
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

  test('what is to go goes at commit, not when the save is given up', async () => {
    const files = new Map([['sub/old', bytes('old')]])
    const given = handleSink(fakeDirectory(files))
    await given.remove?.('sub/old')
    await given.abort()
    await given.commit()
    expect([...files.keys()]).toEqual(['sub/old'])
    const sink = handleSink(fakeDirectory(files))
    await (await sink.create('new')).write(0, bytes('new'))
    await sink.remove?.('sub/old')
    expect(files.has('sub/old')).toBe(true)
    await sink.commit()
    expect([...files.keys()]).toEqual(['new'])
  })
})
