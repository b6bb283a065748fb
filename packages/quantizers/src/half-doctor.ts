// The fp16 doctor: from measured ranges to the smallest set of nodes that has to stay in fp32. A value that leaves the range
// cannot be a half, so the node that makes it and those that read it stay; what they make is a half again as soon as it
// fits. No output needs to hold an infinity for that: a variance that overflows is absorbed by the division behind it
// (microsoft/onnxruntime#31626), a residual stream by the next norm (#26732).
import type { StatisticRequest, StatisticResult } from '@damson/core'
import { nodeIdentity } from '@damson/graph'
import type { HalfGraph, HalfNode } from './half-graph.ts'
import type { HalfModes } from './half-modes.ts'
import { readsAnyFloat } from './half-slots.ts'

/** A value that halves cannot hold, and the nodes that stay in fp32 for it. */
export type Island = {
  readonly value: string
  readonly min: number
  readonly max: number
  readonly why: string
  readonly nodes: readonly string[]
}

export interface Diagnosis {
  readonly islands: readonly Island[]
  /** Keys of all nodes that stay. */
  readonly kept: ReadonlySet<string>
  /** Values measured, and values in bodies of Loop and Scan that cannot be. */
  readonly measured: number
  readonly unmeasured: number
}

/** Samples never show the largest value there is, so half of the range is room: the bound that Gemma's streams are cut to (#26732). */
const safeMagnitude = 65504 / 2

/** A value that never exceeds this has at most 4 bits left as a subnormal float16 (steps of 2^-24). */
const leastMagnitude = 2 ** -20

/** What is measured: requests by value id, and for every value that would become a half the id whose range is its own. */
export interface RangeRequests {
  readonly requests: ReadonlyMap<string, StatisticRequest>
  readonly rangeOf: ReadonlyMap<string, string>
  readonly unmeasured: number
}

/** Operators whose results are never beyond ±1. */
const bounded: ReadonlySet<string> = new Set([
  'Softmax',
  'Sigmoid',
  'HardSigmoid',
  'Tanh',
  'Erf',
  'Sin',
  'Cos',
  'Softsign',
])

/** Operators that give numbers of their first input and no others. */
const passing: ReadonlySet<string> = new Set([
  'Identity', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Flatten', 'Slice', 'Gather', 'Split', 'Expand', 'Tile',
  'DepthToSpace', 'SpaceToDepth', 'Relu', 'MaxPool',
]) // prettier-ignore

/** The ranges needed to judge every value that would become a half; values in loops are counted only. */
export function rangeRequests(graph: HalfGraph, modes: HalfModes): RangeRequests {
  const requests = new Map<string, StatisticRequest>()
  const rangeOf = new Map<string, string>()
  let unmeasured = 0
  for (const node of graph.nodes) {
    if (node.node.domain === '' && bounded.has(node.node.op)) continue
    for (const id of node.outputs) {
      if (id === undefined || !modes.holdsHalf(id)) continue
      if (!isMeasurable(graph, node)) {
        unmeasured++
        continue
      }
      const source = sourceOf(graph, id)
      if (graph.constants.has(source)) continue
      rangeOf.set(id, source)
      requests.set(source, { value: nameOf(source), kind: 'minmax' })
    }
  }
  return { requests, rangeOf, unmeasured }
}

/** Where the numbers of a value were computed. */
function sourceOf(graph: HalfGraph, id: string): string {
  const maker = graph.makerOf(id)
  const [from] = maker?.inputs ?? []
  const passes = maker?.node.domain === '' && passing.has(maker.node.op) && maker.outputs.includes(id)
  return passes && from !== undefined && graph.dtypeOf(from) === 'float32' ? sourceOf(graph, from) : id
}

/** Inside nothing but branches of If. */
function isMeasurable(graph: HalfGraph, { scope }: HalfNode): boolean {
  for (let each = scope; each.outer; each = each.outer)
    if (graph.holderOf(each)?.node.op !== 'If') return false
  return true
}

/** Inner values as `path/name`. */
export function nameOf(id: string): string {
  return id.startsWith('\n') ? id.slice(1) : id.replace('\n', '/')
}

/** What has to stay. `masked`: values that carry a mask, which may be as low as they like. */
export function diagnose(
  graph: HalfGraph, { requests, rangeOf }: RangeRequests, results: ReadonlyMap<string, StatisticResult>,
  masked: ReadonlySet<string>, exactSums: boolean,
): Pick<Diagnosis, 'islands' | 'kept'> {
  const islands: Island[] = []
  const kept = new Set<string>()
  for (const [id, source] of rangeOf) {
    const measured = results.get(requests.get(source)?.value ?? '')
    const { min: [min = 0] = [], max: [max = 0] = [], count = 0 } = measured ?? {}
    if (count === 0 || min > max) continue
    const maker = graph.makerOf(id)
    const beyond = rangeProblem(min, max, masked.has(id) || masked.has(source))
    const inside = maker && !exactSums ? sumProblem(maker, min, max) : undefined
    const why = beyond ?? inside
    if (why === undefined || !maker) continue
    const nodes = beyond === undefined ? [maker] : [maker, ...wantingNodes(graph, id)]
    for (const { key } of nodes) kept.add(key)
    islands.push({ value: nameOf(id), min, max, why, nodes: nodes.map(({ node }) => nodeIdentity(node)) })
  }
  return { islands, kept }
} // prettier-ignore

function rangeProblem(min: number, max: number, isMasked: boolean): string | undefined {
  const largest = Math.max(isMasked ? 0 : -min, max)
  if (largest > safeMagnitude)
    return `reaches ${largest.toPrecision(3)}, beyond the ±${safeMagnitude} that are safe`
  const size = Math.max(-min, max)
  return size > 0 && size < leastMagnitude
    ? `never exceeds ${size.toPrecision(2)}, where halves have no digits`
    : undefined
}

/** Where the sum of squares inside is kept as a half (WebGPU, CUDA), the result squared has to fit, too. */
function sumProblem({ node }: HalfNode, min: number, max: number): string | undefined {
  const squares = Math.max(-min, max) ** 2
  return node.op === 'ReduceL2' && squares > safeMagnitude
    ? `adds squares up to ${squares.toPrecision(3)}`
    : undefined
}

/** Nodes that read a value as a float, and control flow that hands it on. */
function wantingNodes(graph: HalfGraph, id: string): readonly HalfNode[] {
  const readers = graph.readersOf(id).filter(({ node }) => !readsAnyFloat(node.node))
  return [...new Set([...readers.map(({ node }) => node), ...graph.endsOf(id).map(({ node }) => node)])]
}
