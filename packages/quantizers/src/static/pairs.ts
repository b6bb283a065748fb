// The values that carry a pair when some nodes run in integers. A pair belongs to the edges of those nodes: who reads the same
// value in floating point goes on reading it uncoded, unless an integer node made it.
import type { IntegerNode } from './integer-nodes.ts'

/** A value with a pair. */
export interface Pair {
  readonly value: string
  /** The value whose range it has: itself, or what a node that only moves codes reads. */
  readonly range: string
  /** An integer node makes it, so everybody reads what was coded. */
  readonly made: boolean
  readonly readers: readonly IntegerNode[]
}

/** The pairs that a set of integer nodes needs, by value. */
export function pairsOf(nodes: readonly IntegerNode[]): ReadonlyMap<string, Pair> {
  const pairs = new Map<string, Pair>()
  const readers = new Map<string, IntegerNode[]>()
  for (const node of nodes) {
    for (const value of node.inputs) {
      const list = readers.get(value)
      if (list) list.push(node)
      else readers.set(value, [node])
    }
  }
  const add = (value: string, range: string, made: boolean): void => {
    pairs.set(value, { value, range, made, readers: readers.get(value) ?? [] })
  }
  for (const node of nodes) {
    for (const value of node.inputs) if (!pairs.has(value)) add(value, value, false)
    if (!node.codesOutput) continue
    const [input = ''] = node.inputs
    const moved = node.kind === 'between' && node.moves ? pairs.get(input)?.range : undefined
    add(node.output, moved ?? node.output, true)
  }
  return pairs
}
