// Which nodes stay in floating point: those that are faster so, and those whose codes cost most quality for the time that integers
// would save there. The time is counted in multiply-adds, so the same model always gives the same answer. The weight of such a
// node stays as it is, too, while there is room for its bytes; else it is stored as codes.
import type { IntegerNode } from './integer-nodes.ts'
import type { Times } from './node-times.ts'
import { pairsOf } from './pairs.ts'

export interface Prices extends Times {
  /** Noise over signal that a pair on this value adds, or a coded weight of this id. */
  noise(name: string): number
  /** Noise of everything. */
  readonly total: number
  /** Bytes that a weight takes as codes. */
  bytes(weight: string): number
}

export interface Choice {
  /** Nodes that stay in floating point. */
  readonly float: readonly IntegerNode[]
  /** Weights that are not coded, by id. */
  readonly weights: ReadonlySet<string>
}

/** An exchange that takes less than this share of all noise or of all time away is none. */
const least = 0.002
/** A weight of floats takes so many times the bytes more. */
const growth = 3
/** Of the bytes of all codes: what stays is mostly the first layer, and that is small. */
const leastRoom = 0.01

/** How many weights of so many may stay in any case. */
export function roomForFloats(count: number): number {
  return Math.floor((count * leastRoom) / growth)
}

/**
 * The nodes to take out, the best exchange first, while bytes stay under (1 + slack) times those of all in integers, and the time
 * under that many times the shortest that was found: what floats save somewhere is not spent elsewhere.
 */
export function chooseFloat(nodes: readonly IntegerNode[], prices: Prices, slack: number): Choice {
  const ids = new Set(nodes.flatMap(node => (node.kind === 'product' ? [node.weight.id] : [])))
  let room = [...ids].reduce((sum, id) => sum + prices.bytes(id), 0) * Math.max(slack, leastRoom)
  let now: State = { integer: nodes, weights: new Set() }
  let shortest = timeOf(now, nodes, prices)
  for (;;) {
    const [time, noise] = [timeOf(now, nodes, prices), noiseOf(now, ids, prices)]
    shortest = Math.min(shortest, time)
    const most = (1 + slack) * shortest
    const moves = candidates(now.integer).flatMap((out): readonly Move[] => {
      if (mostGain(out, prices) <= least * prices.total && mostSaved(out, prices) <= least * time) return []
      const next = without(now, out, nodes, prices, room)
      const [gain, cost] = [noise - noiseOf(next, ids, prices), timeOf(next, nodes, prices) - time]
      if (cost < -least * time) return [{ next, saved: -cost, worth: 0 }]
      const buys = gain > least * prices.total && time + cost <= most
      return buys ? [{ next, saved: 0, worth: gain / Math.max(cost, 1) }] : []
    })
    // What saves time comes before what is worth its time.
    const [best] = moves.toSorted((a, b) => b.saved - a.saved || b.worth - a.worth)
    if (!best) break
    for (const id of best.next.weights) if (!now.weights.has(id)) room -= growth * prices.bytes(id)
    now = best.next
  }
  const stays = new Set(now.integer)
  return { float: nodes.filter(node => !stays.has(node)), weights: now.weights }
} // prettier-ignore

interface State {
  readonly integer: readonly IntegerNode[]
  readonly weights: ReadonlySet<string>
}

interface Move {
  readonly next: State
  /** Time that is saved; 0 for what costs some. */
  readonly saved: number
  /** Noise that goes, for the time that it costs. */
  readonly worth: number
}

/** Some nodes less, and the weights that nobody reads in integers any more, as far as there is room. */
function without(
  { integer, weights }: State,
  out: ReadonlySet<IntegerNode>,
  all: readonly IntegerNode[],
  prices: Prices,
  room: number,
): State {
  const rest = integer.filter(node => !out.has(node))
  const read = new Set(rest.flatMap(node => (node.kind === 'product' ? [node.weight.id] : [])))
  const kept = new Set(weights)
  let left = room
  for (const node of all) {
    if (!out.has(node) || node.kind !== 'product') continue
    const { id } = node.weight
    if (read.has(id) || kept.has(id) || growth * prices.bytes(id) > left) continue
    kept.add(id)
    left -= growth * prices.bytes(id)
  }
  return { integer: rest, weights: kept }
}

/** Each node alone, and for each pair all that make it needed; without what has no purpose any more. */
function candidates(nodes: readonly IntegerNode[]): readonly ReadonlySet<IntegerNode>[] {
  const byOutput = new Map(nodes.filter(node => node.codesOutput).map(node => [node.output, node]))
  const alone = nodes.map(node => new Set([node]))
  const around = [...pairsOf(nodes).values()].map(({ value, readers }) => {
    const maker = byOutput.get(value)
    return new Set(maker ? [...readers, maker] : readers)
  })
  return [...alone, ...around].filter(set => set.size > 0)
}

/** All that could go with these nodes: their weights, and what stands around them. */
function mostGain(set: ReadonlySet<IntegerNode>, prices: Prices): number {
  const ids = [...set].flatMap(node => (node.kind === 'product' ? [node.weight.id] : []))
  return [...new Set([...valuesOf(set), ...ids])].reduce((sum, name) => sum + prices.noise(name), 0)
}

/** As if no neighbour had to decode what they make. */
function mostSaved(set: ReadonlySet<IntegerNode>, prices: Prices): number {
  let saved = 0
  for (const node of set) saved += prices.integer(node) - prices.float(node)
  for (const value of valuesOf(set)) saved += prices.conversion(value)
  return saved
}

function valuesOf(set: ReadonlySet<IntegerNode>): ReadonlySet<string> {
  return new Set([...set].flatMap(({ inputs, output }) => [...inputs, output]))
}

function noiseOf({ integer, weights }: State, ids: ReadonlySet<string>, prices: Prices): number {
  let noise = 0
  for (const { value } of pairsOf(integer).values()) noise += prices.noise(value)
  for (const id of ids) if (!weights.has(id)) noise += prices.noise(id)
  return noise
}

function timeOf({ integer }: State, all: readonly IntegerNode[], prices: Prices): number {
  const inIntegers = new Set(integer)
  const makers = new Set(integer.flatMap(node => (node.codesOutput ? [node.output] : [])))
  let time = 0
  for (const node of all) {
    const isInteger = inIntegers.has(node)
    time += isInteger ? prices.integer(node) : prices.float(node)
    // A float node decodes what an integer node made.
    if (!isInteger) for (const value of node.inputs) if (makers.has(value)) time += prices.conversion(value)
  }
  for (const { value, made } of pairsOf(integer).values()) if (!made) time += prices.conversion(value)
  return time
}
