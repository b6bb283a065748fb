import { describe, expect, test } from 'vitest'
import { bytesTensor, contents, graphOf, ramp, sha } from '../../test/byte-graphs.ts'
import type { Graph, Initializer } from '../ir.ts'
import { memoryFolder } from '../storage/folders.ts'
import { memorySink, type MemorySink } from '../storage/memory-sink.ts'
import type { Source, SourceFolder } from '../storage.ts'
import type { Tensor } from '../tensor.ts'
import { readGraph } from './read.ts'
import { writeGraph, type WriteGraphOptions } from './write.ts'

const kib = 1024
/** Big enough that it is not read at once, and one of each kind of size around it. */
const tensors = {
  a: bytesTensor(300 * kib, 1),
  b: bytesTensor(200 * kib, 2),
  small: bytesTensor(2 * kib, 3),
  inside: bytesTensor(100, 4),
}

/** The graph as it is read from two files, and the data file it was read from. */
async function read(): Promise<{ readonly graph: Graph; readonly data: Source; readonly bytes: Uint8Array }> {
  const sink = memorySink()
  await writeGraph(graphOf(tensors), sink, 'in/old.onnx', { external: {} })
  await sink.commit()
  const opened = new Map<string, Source>()
  const inner = memoryFolder(sink.files)
  const folder: SourceFolder = {
    name: inner.name,
    list: () => inner.list(),
    async open(path) {
      const source = await inner.open(path)
      if (source) opened.set(path, source)
      return source
    },
  }
  const source = await folder.open('in/old.onnx')
  const graph = source && (await readGraph(source, { folder, path: 'in/old.onnx' }))
  const data = opened.get('in/old.onnx_data')
  if (!graph || !data) throw new Error('expected both files')
  return {
    graph,
    data,
    bytes: sink.files.get('in/old.onnx_data') ?? new Uint8Array(0),
  }
}

function changed(graph: Graph, without: readonly string[], more: Readonly<Record<string, Tensor>>): Graph {
  const added = Object.entries(more).map(([name, tensor]): [string, Initializer] => [
    name,
    { name, tensor, origins: [] },
  ])
  const kept = [...graph.initializers].filter(([name]) => !without.includes(name))
  return graph.with({ initializers: new Map([...added, ...kept]) })
}

async function written(graph: Graph, options: WriteGraphOptions): Promise<MemorySink> {
  const sink = memorySink()
  const { files } = await writeGraph(graph, sink, 'out/new.onnx', options)
  await sink.commit()
  for (const { path, bytes, sha256 } of files) {
    const file = sink.files.get(path) ?? new Uint8Array(0)
    expect([file.length, sha(file)]).toEqual([bytes, sha256])
  }
  return sink
}

async function readBack({ files }: MemorySink): Promise<Graph> {
  const folder = memoryFolder(files)
  const source = await folder.open('out/new.onnx')
  if (!source) throw new Error('expected the file')
  return readGraph(source, { folder, path: 'out/new.onnx' })
}

describe('a data file', () => {
  test('goes along under the name of the model when other tensors change', async () => {
    const { graph, data, bytes } = await read()
    const next = changed(graph, ['inside', 'small'], { fresh: bytesTensor(80 * kib, 5) })
    const sink = await written(next, { external: { keep: [data] } })
    expect([...sink.files.keys()]).toEqual(['out/new.onnx', 'out/new.onnx_data'])
    expect(sha(sink.files.get('out/new.onnx_data') ?? new Uint8Array(0))).toBe(sha(bytes))
    // What is new lies in the model.
    expect(sink.files.get('out/new.onnx')?.length).toBeGreaterThan(80 * kib)
    expect(await contents(await readBack(sink))).toEqual(await contents(next))
  })

  test('goes when a weight worth its place is gone', async () => {
    const { graph, data } = await read()
    const next = changed(graph, ['b'], {})
    const sink = await written(next, { external: { keep: [data] } })
    expect([...sink.files.keys()]).toEqual(['out/new.onnx'])
    expect(await contents(await readBack(sink))).toEqual(await contents(next))
  })

  test('that is not used is not taken along', async () => {
    const { data } = await read()
    const next = graphOf({ other: bytesTensor(300 * kib, 9) })
    const sink = await written(next, { external: { keep: [data] } })
    expect([...sink.files.keys()]).toEqual(['out/new.onnx'])
  })

  test('is found by another graph of the folder', async () => {
    const { graph, data } = await read()
    const sink = memorySink()
    const { placed } = await writeGraph(graph, sink, 'out/new.onnx', { external: { keep: [data] } })
    const two = await writeGraph(graph, sink, 'out/two.onnx', { external: { placed } })
    expect(two.files.map(({ path }) => path)).toEqual(['out/two.onnx'])
  })

  test('is saved the same twice', async () => {
    const { graph, data } = await read()
    const [one, two] = [
      await written(graph, { external: { keep: [data] } }),
      await written(graph, { external: { keep: [data] } }),
    ]
    for (const [path, bytes] of one.files) expect(sha(two.files.get(path) ?? ramp(1, 1))).toBe(sha(bytes))
  })
})
