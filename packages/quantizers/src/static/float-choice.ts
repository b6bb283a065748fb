// Which nodes stay in floating point: those whose codes cost most quality for the time that integers would save there. The time
// is counted in multiply-adds, an element that is coded or decoded as some of them, so the same model always gives the same answer.
import type { IntegerNode } from './integer-nodes.ts'
import { pairsOf } from './pairs.ts'

export interface Prices {
  /** Noise over signal that a pair on this value adds. */
  noise(value: string): number
  /** Noise of everything, that of coded weights included, which stays. */
  readonly total: number
  /** Elements of a value in a run. */
  elements(value: string): number
  /** Multiply-adds of a node in a run. */
  work(node: IntegerNode): number
}

/** A multiply-add of integers takes this part of the time of one of floats. */
const integerTime = 0.5
/** Multiply-adds in the time that one element takes to be coded, to be decoded, or to go through an element-wise float node. */
const elementTime = 8

/** An exchange that takes less than this share of all noise away is none. */
const least = 0.002

/** The nodes to take out, the best exchange first, while the time stays under (1 + slack) times that of all in integers. */
export function chooseFloat(nodes: readonly IntegerNode[], prices: Prices, slack: number): readonly IntegerNode[] {
  let integer = nodes
  const start = timeOf(nodes, nodes, prices)
  const most = start + slack * start
  for (;;) {
    const time = timeOf(integer, nodes, prices)
    const noise = noiseOf(integer, prices)
    const worthwhile = candidates(integer).filter(set => mostGain(set, prices) > least * prices.total)
    const moves = worthwhile.map(out => {
      const rest = integer.filter(node => !out.has(node))
      return { rest, gain: noise - noiseOf(rest, prices), cost: timeOf(rest, nodes, prices) - time }
    })
    const allowed = moves.filter(({ gain, cost }) => gain > least * prices.total && time + cost <= most)
    const [best] = allowed.toSorted((a, b) => b.gain / Math.max(b.cost, 1) - a.gain / Math.max(a.cost, 1))
    if (!best) {
      const stays = new Set(integer)
      return nodes.filter(node => !stays.has(node))
    }
    integer = best.rest
  }
} // prettier-ignore

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

/** All that could go with these nodes: what stands around them. */
function mostGain(set: ReadonlySet<IntegerNode>, prices: Prices): number {
  const around = new Set([...set].flatMap(({ inputs, output }) => [...inputs, output]))
  return [...around].reduce((sum, value) => sum + prices.noise(value), 0)
}

function noiseOf(nodes: readonly IntegerNode[], prices: Prices): number {
  let noise = 0
  for (const { value } of pairsOf(nodes).values()) noise += prices.noise(value)
  return noise
}

function timeOf(integer: readonly IntegerNode[], all: readonly IntegerNode[], prices: Prices): number {
  const inIntegers = new Set(integer)
  const makers = new Map(integer.filter(node => node.codesOutput).map(node => [node.output, node]))
  let time = 0
  for (const node of all) {
    const isInteger = inIntegers.has(node)
    time += prices.work(node) * (isInteger ? integerTime : 1)
    if (!isInteger && node.kind === 'between') time += elementTime * prices.elements(node.output)
    // A float node decodes what an integer node made.
    if (!isInteger) for (const value of node.inputs) if (makers.has(value)) time += elementTime * prices.elements(value)
  }
  for (const { value, made } of pairsOf(integer).values()) if (!made) time += elementTime * prices.elements(value)
  return time
} // prettier-ignore
