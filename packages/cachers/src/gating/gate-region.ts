// The region of a gate: what runs for its cuts alone. Exporters read sizes off whatever value is at hand, deep inside a stack of
// blocks as well, and one such Shape that is used outside would keep everything above it running. Sizes are the same for as long
// as the inputs' sizes are, and so is what a gate keeps; so a size that leaves a region is kept like any other value.
import { downstream, readNames, upstream, type Graph, type Node } from '@damson/graph'
import { exclusiveRegion } from '../structure/exclusive-region.ts'
import { isProduct } from '../structure/products.ts'
import type { CacheGate } from './cache-gate.ts'

/** A gate as algorithms ask for it: where to cut. Its region follows, unless it is given. */
export type WantedGate = Omit<CacheGate, 'region' | 'when'> & {
  /** Values that stay outside though only the region needs them: what is watched, say. */
  readonly keep?: readonly string[]
  readonly region?: readonly Node[]
}

/** The gate with its region, and with the sizes among its cuts that leave it where work is saved by that. */
export function regionOf(graph: Graph, { keep = [], region, ...gate }: WantedGate): CacheGate {
  if (region) return { ...gate, region }
  const values = gate.cuts.map(({ value }) => value)
  const outside = [...gate.cuts.flatMap(({ base }) => base ?? []), ...keep]
  const plain = exclusiveRegion(graph, values, outside)
  const found = regionWithSizes(graph, values, outside)
  const known = new Set(plain)
  if (!found.nodes.some(node => isProduct(node) && !known.has(node))) return { ...gate, region: plain }
  const nodes = new Set([...plain, ...found.nodes])
  return {
    ...gate,
    region: graph.nodes.filter(node => nodes.has(node)),
    cuts: [...gate.cuts, ...found.sizes.map(value => ({ value }))],
  }
}

interface Found {
  readonly nodes: readonly Node[]
  /** Sizes of values inside that are read outside. */
  readonly sizes: readonly string[]
}

/** What only `values` need once the sizes of values inside count as kept. */
function regionWithSizes(graph: Graph, values: readonly string[], keep: readonly string[]): Found {
  const wanted = [...graph.outputs.map(({ name }) => name), ...keep].filter(name => !values.includes(name))
  const all = upstream(graph, values)
  let sizes = sizesOf(graph, new Set(all))
  for (;;) {
    const needed = new Set(upstream(graph, wanted, [...values, ...sizes]))
    const inside = new Set(all.filter(node => !needed.has(node)))
    const read = new Set(sizesOf(graph, inside).filter(size => isReadBy(graph, size, needed)))
    // A size of what runs anyway is read off it; that may keep more running, so the others are looked at again.
    const kept = sizes.filter(size => read.has(size))
    if (kept.length === sizes.length) return closed(graph, inside, kept)
    sizes = kept
  }
}

/** With what is computed from the sizes for nodes inside: outside it would lie between two of them. */
function closed(graph: Graph, inside: ReadonlySet<Node>, sizes: readonly string[]): Found {
  const makers = graph.nodes.filter(node => node.outputs.some(name => sizes.includes(name)))
  const region = new Set([...inside, ...makers])
  const before = new Set(upstream(graph, [...inside].flatMap(readNames)))
  const between = downstream(graph, sizes).filter(node => !region.has(node) && before.has(node))
  for (const node of between) region.add(node)
  const outside = new Set(graph.nodes.filter(node => !region.has(node)))
  const read = [...makers, ...between].flatMap(({ outputs }) => outputs).filter(name => isReadBy(graph, name, outside)) // prettier-ignore
  return { nodes: graph.nodes.filter(node => region.has(node)), sizes: read }
}

/** Outputs of Shape nodes that read what one of the nodes makes. */
function sizesOf(graph: Graph, nodes: ReadonlySet<Node>): readonly string[] {
  return graph.nodes.flatMap(node => {
    const maker = node.op === 'Shape' ? graph.producer(node.inputs[0] ?? '') : undefined
    return maker && nodes.has(maker) ? node.outputs : []
  })
}

function isReadBy(graph: Graph, name: string, nodes: ReadonlySet<Node>): boolean {
  return graph.isOutput(name) || graph.users(name).some(({ node }) => nodes.has(node))
}
