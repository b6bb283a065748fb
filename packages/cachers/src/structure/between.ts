// What lies between two values. Asked for every sum of a graph, so the search goes no further up than where the first value
// is made: a node that stands before it cannot depend on it.
import { readNames, type Body, type Node } from '@damson/graph'

/** A body with the place of each of its nodes, and the names that each reads. */
export interface Ordered {
  readonly body: Body
  readonly places: ReadonlyMap<Node, number>
  readonly reads: ReadonlyMap<Node, readonly string[]>
}

export function ordered(body: Body): Ordered {
  return {
    body,
    places: new Map(body.nodes.map((node, at) => [node, at])),
    reads: new Map(body.nodes.map(node => [node, readNames(node)])),
  }
}

/** The nodes that `to` depends on, as far up as `from` is made. */
function* above({ body, places, reads }: Ordered, from: string, to: string): Generator<Node> {
  const producer = body.producer(from)
  const first = producer ? (places.get(producer) ?? -1) : -1
  const found = new Set<Node>()
  const open = [to]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = name === from ? undefined : body.producer(name)
    if (!node || found.has(node) || (places.get(node) ?? 0) <= first) continue
    found.add(node)
    open.push(...(reads.get(node) ?? []))
    yield node
  }
}

/** The nodes that `to` depends on and that depend on `from`, in order; none when there is no way. */
export function nodesBetween(graph: Ordered, from: string, to: string): readonly Node[] {
  const { places, reads } = graph
  const reached = new Set([from])
  const place = (node: Node): number => places.get(node) ?? 0
  return [...above(graph, from, to)]
    .sort((a, b) => place(a) - place(b))
    .filter(node => {
      if (!reads.get(node)?.some(name => reached.has(name))) return false
      for (const output of node.outputs) reached.add(output)
      return true
    })
}

/** True when `value` depends on `on`. */
export function dependsOn(graph: Ordered, value: string, on: string): boolean {
  if (value === on) return false
  for (const node of above(graph, on, value)) if (graph.reads.get(node)?.includes(on)) return true
  return false
}
