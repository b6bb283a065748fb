import { appendFileSync, chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs' // prettier-ignore
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { filesIn, hiddenIn } from '../../test/look-at-files.ts'
import { ramp, sha } from '../../test/byte-graphs.ts'
import { writeSource } from '../file/write.ts'
import { DamsonError } from '../error.ts'
import type { Sink, Source } from '../storage.ts'
import { bytesSource } from './bytes-source.ts'
import { fileSource } from './file-source.node.ts'
import { memorySink } from './memory-sink.ts'
import { fileSink } from './path-sink.node.ts'

const root = mkdtempSync(join(tmpdir(), 'damson-path-file-'))
afterAll(() => rmSync(root, { recursive: true }))

let rooms = 0
function fresh(): string {
  return mkdtempSync(join(root, `room-${rooms++}-`))
}

/** Longer than a band, with a hole in it. */
function sparse(path: string): void {
  writeFileSync(path, ramp(100_000, 1))
  truncateSync(path, 9_000_000)
  appendFileSync(path, ramp(70_001, 2))
}

describe('a file of this machine', () => {
  test('is copied by the system, holes and all, and hashed', async () => {
    const folder = fresh()
    sparse(join(folder, 'from'))
    const sink = spied(fileSink(join(folder, 'to')))
    const written = await writeSource(await fileSource(join(folder, 'from')), sink.sink, 'to')
    await sink.sink.commit()
    const bytes = readFileSync(join(folder, 'to'))
    expect(bytes.equals(readFileSync(join(folder, 'from')))).toBe(true)
    expect(written).toEqual({ path: 'to', bytes: 9_070_001, sha256: sha(bytes) })
    expect(sink.copied).toEqual([true])
    expect(hiddenIn(folder)).toEqual([])
  })

  test('an empty one too', async () => {
    const folder = fresh()
    writeFileSync(join(folder, 'from'), '')
    const sink = fileSink(join(folder, 'to'))
    const written = await writeSource(await fileSource(join(folder, 'from')), sink, 'to')
    await sink.commit()
    expect(written.sha256).toBe(sha(new Uint8Array(0)))
    expect(filesIn(folder)).toEqual({ from: '', to: '' })
  })

  test('that may not be written is copied into one that may', async () => {
    const folder = fresh()
    const [from, to, plain] = ['from', 'to', 'plain'].map(name => join(folder, name))
    writeFileSync(from ?? '', 'abc')
    writeFileSync(plain ?? '', 'abc')
    chmodSync(from ?? '', 0o444)
    const sink = fileSink(to ?? '')
    await writeSource(await fileSource(from ?? ''), sink, 'to')
    await sink.commit()
    expect(statSync(to ?? '').mode & 0o777).toBe(statSync(plain ?? '').mode & 0o777)
    expect(statSync(from ?? '').mode & 0o777).toBe(0o444)
  })

  test('that another one took the place of is written as it was opened', async () => {
    const folder = fresh()
    const path = join(folder, 'from')
    writeFileSync(path, 'old one')
    const source = await fileSource(path)
    writeFileSync(`${path}.new`, 'another')
    renameSync(`${path}.new`, path)
    const { sink, copied } = spied(fileSink(join(folder, 'to')))
    const { sha256 } = await writeSource(source, sink, 'to')
    await sink.commit()
    expect(filesIn(folder)).toEqual({ from: 'another', to: 'old one' })
    expect(copied).toEqual([false])
    expect(sha256).toBe(sha(Buffer.from('old one')))
  })

  test('that changes while it is copied is an error, and nothing is left', async () => {
    const folder = fresh()
    writeFileSync(join(folder, 'from'), 'abc')
    const source = await fileSource(join(folder, 'from'))
    let asked = 0
    const changing: Source = {
      name: source.name,
      size: 3,
      ...(source.path === undefined ? {} : { path: source.path }),
      get key() {
        return asked++ === 0 ? source.key : 'of before'
      },
      read: (offset, into) => source.read(offset, into),
    }
    const sink = fileSink(join(folder, 'to'))
    await expect(writeSource(changing, sink, 'to')).rejects.toMatchObject({ code: 'read' })
    await sink.abort()
    expect(filesIn(folder)).toEqual({ from: 'abc' })
    expect(hiddenIn(folder)).toEqual([])
  })

  test('an abort meanwhile ends it, and nothing is left', async () => {
    const folder = fresh()
    sparse(join(folder, 'from'))
    const source = await fileSource(join(folder, 'from'))
    const stop = new AbortController()
    const stopping: Source = {
      name: source.name,
      size: source.size,
      key: source.key,
      ...(source.path === undefined ? {} : { path: source.path }),
      read(offset, into, signal) {
        if (offset > 0) stop.abort()
        return source.read(offset, into, signal)
      },
    }
    const sink = fileSink(join(folder, 'to'))
    await expect(writeSource(stopping, sink, 'to', stop.signal)).rejects.toMatchObject({ name: 'AbortError' })
    await sink.abort()
    expect(Object.keys(filesIn(folder))).toEqual(['from'])
    expect(hiddenIn(folder)).toEqual([])
  })
})

test('what no system copies goes through bands: equal bytes, right hash', async () => {
  const bytes = ramp(9_000_001, 3)
  const sink = memorySink()
  const { sha256 } = await writeSource(bytesSource(bytes), sink, 'to')
  await sink.commit()
  expect(sha256).toBe(sha(bytes))
  expect(sha(sink.files.get('to') ?? new Uint8Array(0))).toBe(sha(bytes))
})

test('a full disk is what it says', async () => {
  const full = new DamsonError('disk', 'to: expected room for 3 bytes, but the disk is full.')
  const sink: Sink = {
    ...memorySink(),
    create: async path => ({
      path,
      reserve: async () => {},
      write: async () => expect.fail('nothing is written where a copy found no room'),
      copy: () => Promise.reject(full),
      close: async () => {},
    }),
  }
  await expect(writeSource(bytesSource(ramp(3, 1)), sink, 'to')).rejects.toBe(full)
})

/** Notes which files the system copied. */
function spied(inner: Sink): { readonly sink: Sink; readonly copied: boolean[] } {
  const copied: boolean[] = []
  const sink: Sink = {
    name: inner.name,
    async create(path) {
      const file = await inner.create(path)
      return {
        path,
        reserve: size => file.reserve(size),
        write: (offset, bytes) => file.write(offset, bytes),
        async copy(source) {
          const done = (await file.copy?.(source)) ?? false
          copied.push(done)
          return done
        },
        close: () => file.close(),
      }
    },
    commit: () => inner.commit(),
    abort: () => inner.abort(),
  }
  return { sink, copied }
}
