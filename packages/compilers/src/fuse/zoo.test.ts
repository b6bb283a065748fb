// Every attention, rotation, norm and activation of the zoo is found, in the spelling of either exporter; outputs stay equal
// with padding in the masks; a second time changes nothing; and taken apart again only standard operators are left.
import { basename, dirname } from 'node:path'
import { fileSource, pathFolder, readGraph, schemaOf, walk, type Graph } from '@damson/graph'
import type { Feeds, Outputs } from '@damson/core'
import { createRuntime, feedsFor } from '@damson/runtime'
import { differences, runOnce } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { fusionCounts, nothingToFuse } from '../../test/fusion-counts.ts'
import { holed } from '../../test/holed-masks.ts'
import { fuseGraph, missesOf } from './fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const options = { target: 'cpu', rules: 'all', absorb: false } as const

async function read(file: string): Promise<Graph> {
  return readGraph(await fileSource(file), { folder: pathFolder(dirname(file)), path: basename(file) })
}

const count = (graph: Graph, op: RegExp): number =>
  [...walk(graph)].filter(({ node }) => op.test(node.op)).length

/** Norms in another order of sums; outputs are about 4, of UNets and Gemma up to 50. */
const norms = { atol: 1e-5, rtol: 1e-4 }
/** The first sums in another order, of a detector with a hundred layers behind them. */
const firstSums = { atol: 2e-4, rtol: 1e-4 }

async function expectSame(graph: Graph, feeds: Feeds, want: Outputs, tolerance: Tolerance): Promise<void> {
  expect(differences(await runOnce(runtime, graph, feeds), want, tolerance)).toEqual([])
}

type Tolerance = typeof norms

/** Nodes; what is larger has the layers of a smaller one, and is neither fused twice nor taken apart, to save time. */
const large = 1500

/** Operators that ONNX does not define at the graph's operator set. */
function foreign(graph: Graph): readonly string[] {
  return [...walk(graph)].flatMap(({ node: { domain, op } }) => {
    const schema = schemaOf(domain, op, graph.opset(domain))
    return domain === '' && schema && !schema.runtimeOnly ? [] : [`${domain}:${op}`]
  })
}

for (const [path, counted] of Object.entries(fusionCounts)) {
  zooTest(path, 'everything is found, outputs stay equal, and it comes apart again', async file => {
    const {
      attentions = 0,
      rotations = 0,
      routers = 0,
      norms: normed = 0,
      groups = 0,
      activations = 0,
      phases = 0,
    } = counted
    const graph = await read(file)
    const { graph: fused, counts } = fuseGraph(graph, options)
    expect(counts['attention'] ?? 0).toBe(attentions)
    expect(counts['rotary-embedding'] ?? 0).toBe(rotations)
    expect(count(fused, /^Softmax$/)).toBe(routers)
    expect(count(fused, /Layer(Norm|ization)|RMSNorm/)).toBe(normed)
    expect(count(fused, /Gelu$|Swish$|Mish$/)).toBe(activations)
    if (counted.others !== true) expect(count(fused, /^(Erf|Pow|ReduceMean)$/)).toBe(0)
    const grouped = fuseGraph(graph, { ...options, target: 'cuda', rules: ['group-norm'] }).graph
    expect(count(grouped, /^GroupNorm$/)).toBe(groups)
    expect(counts['conv-phases'] ?? 0).toBe(phases)
    const tolerance = phases > 0 ? firstSums : norms
    const feeds = holed(feedsFor(graph, { seed: 11 }))
    const want = await runOnce(runtime, graph, feeds)
    await expectSame(fused, feeds, want, tolerance)
    if (graph.nodes.length > large) return
    expect(fuseGraph(fused, options).graph).toBe(fused)
    const apart = fuseGraph(fused, { ...options, direction: 'unfuse' }).graph
    expect(foreign(apart)).toEqual([])
    expect([...apart.header.opsets.keys()]).toEqual([''])
    await expectSame(apart, feeds, want, tolerance)
  })
}

for (const path of Object.keys(fusionCounts).filter(each => /bert|llama|t5|vit|flux/.test(each))) {
  zooTest(path, 'nothing that looks like an attention is left', async file => {
    const misses = [...missesOf(await read(file), options, ({ kind }) => kind === 'attention').values()]
    expect(misses.flat().filter(miss => miss.progress > 2)).toEqual([])
  })
}

for (const path of nothingToFuse) {
  zooTest(path, 'stays as it is', async file => {
    const graph = await read(file)
    expect(fuseGraph(graph, options).graph).toBe(graph)
  })
}
