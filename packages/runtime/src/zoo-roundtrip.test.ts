// Every model of the zoo reads and writes back, and prints and parses back, to what ONNX Runtime gives bit-equal outputs for.
import { dirname, basename } from 'node:path'
import type { Feeds } from '@damson/core'
import { zooFile } from '@damson/zoo'
import { eachZooModel } from '@damson/zoo/vitest'
import {
  fileSource,
  graphToBytes,
  parse,
  pathFolder,
  print,
  readGraph,
  tensorsOf,
  type Graph,
} from '@damson/graph'
import { afterAll, describe, expect, test } from 'vitest'
import { nothingStays, type Engine, type ModelSource } from './engine/engine.ts'
import { lazyEngine } from './engine/lazy-engine.ts'
import { ortEngine } from './engine/ort-engine.ts'
import { feedsFor, type FeedsOptions } from './feeds/feeds-for.ts'
import { loadOrt } from './load-ort.node.ts'

const engine: Engine = lazyEngine(async () => ortEngine(await loadOrt({ module: 'node' })))
afterAll(() => engine.close())

// Unoptimized sessions open several times faster, and run the graph as it is written.
const options = { logSeverityLevel: 4, intraOpNumThreads: 1, graphOptimizationLevel: 'disabled' }
let count = 0

async function outputsOf(source: ModelSource, feeds: Feeds): Promise<unknown> {
  const id = ++count
  await engine.open(id, source, options)
  try {
    return (await engine.run(id, { feeds, ...nothingStays })).outputs
  } finally {
    await engine.release(id)
  }
}

async function read(file: string): Promise<Graph> {
  return readGraph(await fileSource(file), { folder: pathFolder(dirname(file)), path: basename(file) })
}

const inMemory = async (graph: Graph): Promise<ModelSource> => ({
  kind: 'bytes',
  bytes: await graphToBytes(graph),
  external: [],
})

/** Merged decoders hold two models: both are run. */
const variants = (graph: Graph): readonly FeedsOptions[] =>
  graph.isInput('use_cache_branch')
    ? [{ values: { use_cache_branch: 1 } }, { values: { use_cache_branch: 0 } }]
    : [{}]

eachZooModel(
  'runs on generated feeds, and gives the same bits when written or printed and read back',
  async file => {
    const graph = await read(file)
    const printed = parse(print(graph), { tensors: tensorsOf(graph) })
    for (const variant of variants(graph)) {
      const feeds = feedsFor(graph, variant)
      const original = await outputsOf({ kind: 'file', path: file }, feeds)
      expect(await outputsOf(await inMemory(graph), feeds)).toEqual(original)
      expect(await outputsOf(await inMemory(printed), feeds)).toEqual(original)
    }
  },
)

describe('generated feeds', () => {
  test('are the same for a seed, and within what roles allow', async () => {
    const file = zooFile('fixtures/llama-tiny-ts/model.onnx') ?? ''
    const graph = await read(file)
    const feeds = feedsFor(graph, { seed: 3, dims: { batch_size: 1, sequence_length: 40 } })
    expect(feeds).toEqual(feedsFor(graph, { seed: 3, dims: { batch_size: 1, sequence_length: 40 } }))
    expect(feeds).not.toEqual(feedsFor(graph, { seed: 4, dims: { batch_size: 1, sequence_length: 40 } }))
    expect(feeds['attention_mask']).toMatchObject({ shape: [1, 44], data: new BigInt64Array(44).fill(1n) })
    expect(feeds['position_ids']?.data[0]).toBe(4n)
    const ids = Array.from(feeds['input_ids']?.data ?? [], Number)
    expect(ids).toHaveLength(40)
    expect(Math.min(...ids)).toBeGreaterThan(0)
    // The embedding table of the fixture; random ids of a 16-word guess would stay far below it.
    expect(Math.max(...ids)).toBeGreaterThan(100)
  })
})
