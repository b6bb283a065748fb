import { fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { bytesTensor, contents, graphOf, ramp, save, sha } from '../../test/byte-graphs.ts'
import type { Graph } from '../ir.ts'
import { memorySink, type MemorySink } from '../storage/memory-sink.ts'
import { memoryFolder } from '../storage/folders.ts'
import type { Sink } from '../storage.ts'
import type { Tensor } from '../tensor.ts'
import { readGraph } from './read.ts'
import { graphToBytes, writeGraph } from './write.ts'

describe('external data', () => {
  const graph = graphOf({
    a: bytesTensor(3000, 1),
    small: bytesTensor(100, 2),
    b: bytesTensor(200_000, 3),
    c: bytesTensor(5000, 4),
  })

  test('tensors from the threshold on, aligned, in chunks', async () => {
    const { files, again, sink } = await save(graph, { external: { chunkBytes: 10_000 } })
    expect(files.map(({ path, bytes }) => [path, bytes]).slice(1)).toEqual([
      ['sub/model.onnx_data', 3000],
      ['sub/model.onnx_data_1', 200_000],
      ['sub/model.onnx_data_2', 5000],
    ])
    expect(await contents(again)).toEqual(await contents(graph))
    const [first, small] =
      fromBinary(ModelProtoSchema, sink.files.get('sub/model.onnx') ?? new Uint8Array(0)).graph
        ?.initializer ?? []
    expect(first?.externalData.map(({ key, value }) => [key, value])).toEqual([
      ['location', 'model.onnx_data'],
      ['offset', '0'],
      ['length', '3000'],
    ])
    expect(small?.rawData).toEqual(ramp(100, 2))
  })

  test('one chunk by default, padded to alignment', async () => {
    const { files, again } = await save(graph, { external: {} })
    expect(files.map(({ bytes }) => bytes).slice(1)).toEqual([3008 + 200_000 + 5000])
    expect(await contents(again)).toEqual(await contents(graph))
  })

  test('big tensors start at pages', async () => {
    const big = graphOf({ a: bytesTensor(2000, 1), b: bytesTensor(2 ** 20, 2) })
    const { files } = await save(big, { external: {} })
    expect(files[1]?.bytes).toBe(4096 + 2 ** 20)
  })

  test('equal tensors are written once', async () => {
    const { files, again } = await save(graphOf({ a: bytesTensor(3000, 1), b: bytesTensor(3000, 1) }), {
      external: {},
    })
    expect(files[1]?.bytes).toBe(3000)
    expect(await contents(again)).toEqual({ a: sha(ramp(3000, 1)), b: sha(ramp(3000, 1)) })
  })

  test('graphs of one folder share what they have in common', async () => {
    const sink = memorySink()
    const first = await writeGraph(graph, sink, 'sub/one.onnx', { external: {} })
    const more = graphOf({ b: bytesTensor(200_000, 3), d: bytesTensor(7000, 5) })
    const second = await writeGraph(more, sink, 'sub/two.onnx', { external: { placed: first.placed } })
    await sink.commit()
    expect(second.files.map(({ path, bytes }) => [path, path.endsWith('data') ? bytes : 0])).toEqual([
      ['sub/two.onnx', 0],
      ['sub/two.onnx_data', 7000],
    ])
    const folder = memoryFolder(sink.files, 'shared')
    const source = await folder.open('sub/two.onnx')
    if (!source) throw new Error('expected the file')
    const again = await readGraph(source, { folder, path: 'sub/two.onnx' })
    expect(await contents(again)).toEqual({ b: sha(ramp(200_000, 3)), d: sha(ramp(7000, 5)) })
    expect(second.placed.size).toBe(4)
  })

  test('other names', async () => {
    const naming = (chunk: number): string => `w${chunk}.bin`
    const { files } = await save(graph, { external: { naming, chunkBytes: 4000 } })
    expect(files.map(({ path }) => path)).toEqual([
      'sub/model.onnx',
      'sub/w0.bin',
      'sub/w1.bin',
      'sub/w2.bin',
    ])
  })
})

describe('above 2 GB', () => {
  const huge: Tensor = {
    dtype: 'float32',
    shape: [2 ** 29],
    byteLength: 2 ** 31,
    key: 'huge',
    read: async () => expect.fail('nothing may be read'),
  }

  test('never external is an error before anything is written', async () => {
    const sink = memorySink()
    await expect(writeGraph(graphOf({ huge }), sink, 'm.onnx', { external: 'never' })).rejects.toMatchObject({
      code: 'too-large',
    })
  })

  test('auto goes external', async () => {
    const created: [string, number][] = []
    const sink: Sink = {
      name: 'recorder',
      async create(path) {
        return {
          path,
          reserve: async size => void created.push([path, size]),
          write: async () => {},
          close: async () => {},
        }
      },
      commit: async () => {},
      abort: async () => {},
    }
    const stop = {
      onProgress: () => {
        throw new Error('enough')
      },
    }
    await expect(writeGraph(graphOf({ huge }), sink, 'm.onnx', stop)).rejects.toThrow('enough')
    expect(created.map(([path]) => path)).toEqual(['m.onnx', 'm.onnx_data'])
    expect(created[1]?.[1]).toBe(2 ** 31)
  })
})

describe('progress and ends', () => {
  const graph = graphOf({ a: bytesTensor(100_000, 1), b: bytesTensor(100_000, 2) })

  test('progress counts every byte', async () => {
    const seen: [number, number][] = []
    const { files } = await save(graph, { onProgress: (done, total) => seen.push([done, total]) })
    expect(seen.at(-1)).toEqual([files[0]?.bytes, files[0]?.bytes])
    expect(seen.length).toBeGreaterThan(3)
  })

  const failing: readonly [string, (stop: AbortController) => { graph: Graph; code: string }][] = [
    [
      'an abort',
      stop => {
        const tensor: Tensor = {
          ...plain(bytesTensor(100_000, 1)),
          read: async () => (stop.abort(), new Uint8Array(100_000)),
        }
        return { graph: graphOf({ tensor }), code: 'AbortError' }
      },
    ],
    [
      'a tensor that cannot be read',
      () => {
        const tensor: Tensor = {
          ...plain(bytesTensor(100_000, 1)),
          read: () => Promise.reject(new Error('gone')),
        }
        return { graph: graphOf({ tensor }), code: 'Error' }
      },
    ],
    [
      'a tensor shorter than it says',
      () => {
        const tensor: Tensor = { ...plain(bytesTensor(100_000, 1)), read: async () => new Uint8Array(3) }
        return { graph: graphOf({ tensor }), code: 'DamsonError' }
      },
    ],
  ]
  test.each(failing)('%s aborts the sink', async (_, make) => {
    const stop = new AbortController()
    const made = make(stop)
    const sink = memorySink()
    await expect(writeGraph(made.graph, sink, 'm.onnx', { signal: stop.signal })).rejects.toMatchObject({
      name: made.code,
    })
    await sink.commit()
    expect(sink.files.size).toBe(0)
  })

  test('one commit for several graphs', async () => {
    const sink: MemorySink = memorySink()
    await writeGraph(graph, sink, 'a/model.onnx')
    await writeGraph(graph, sink, 'b/model.onnx')
    expect(sink.files.size).toBe(0)
    await sink.commit()
    expect([...sink.files.keys()]).toEqual(['a/model.onnx', 'b/model.onnx'])
  })
})

function plain({ dtype, shape, byteLength, key }: Tensor): Omit<Tensor, 'read'> {
  return { dtype, shape, byteLength, key }
}

test('two saves of one graph are the same bytes', async () => {
  const graph = graphOf({ a: bytesTensor(100_000, 1) })
  expect(sha(await graphToBytes(graph))).toBe(sha(await graphToBytes(graph)))
})
