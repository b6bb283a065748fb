// Numbers beyond the range of a half that mean "never": -1e9 or -3.4e38 added to scores, limits of a Clip. They become the
// largest number that does the same; everything else beyond the range is a weight that does not fit.
import { attributeOf, numbers } from '@damson/graph'
import type { HalfGraph, HalfNode } from './half-graph.ts'
import { greatestHalf, maskBound } from './half-constants.ts'
import type { HalfType } from './half-slots.ts'

/** Smallest and largest finite number of a constant. */
export type ConstantRange = {
  readonly min: number
  readonly max: number
  /** Signal over rounding noise in dB, where small numbers lose their digits; null where they do not. */
  readonly decibels: number | null
}

export type BeyondRange =
  /** Finite numbers beyond become this. */
  | { readonly kind: 'mask' | 'limit'; readonly limit: number }
  | { readonly kind: 'unfit'; readonly why: string }

/** Operators in which a number beyond the range limits the other ones, and that carry a mask on its way to the scores. */
const limiting: ReadonlySet<string> = new Set(['Clip', 'Min', 'Max'])
const carrying: ReadonlySet<string> = new Set([
  'Add', 'Sub', 'Mul', 'Where', 'Min', 'Max', 'Clip', 'Trilu', 'ScatterND', 'ScatterElements', 'Cast', 'Identity', 'Reshape',
  'Transpose', 'Squeeze', 'Unsqueeze', 'Expand', 'Tile', 'Slice', 'Gather', 'GatherND', 'Concat', 'Split', 'ConstantOfShape',
  'Pad', 'If', 'Equal', 'Not', 'And',
]) // prettier-ignore
const scoring = /^(Softmax|LogSoftmax|Attention|MultiHeadAttention|GroupQueryAttention|TopK|ArgMax)$/

/** What the numbers of a constant beyond the range are; undefined when there are none and no digits are lost. */
export function judgeConstant(
  graph: HalfGraph,
  id: string,
  range: ConstantRange,
  type: HalfType,
): BeyondRange | undefined {
  const { min, max, decibels } = range
  const greatest = greatestHalf[type]
  const readers = graph.readersOf(id)
  if (Math.max(-min, max) <= greatest) {
    return decibels === null
      ? undefined
      : { kind: 'unfit', why: `too small: ${decibels.toFixed(0)} dB would be left` }
  }
  if (readers.every(({ node }) => limiting.has(node.node.op))) return { kind: 'limit', limit: greatest }
  if (max <= greatest && reachesScores(graph, id))
    return { kind: 'mask', limit: Math.min(maskBound, greatest) }
  const worst = -min > max ? min : max
  return { kind: 'unfit', why: `${worst.toPrecision(3)} is beyond ±${greatest.toPrecision(5)}` }
}

/** What ConstantOfShape fills with, where that is beyond the range. */
export function fillsBeyond(graph: HalfGraph, type: HalfType): ReadonlyMap<HalfNode, BeyondRange> {
  const found = new Map<HalfNode, BeyondRange>()
  for (const each of graph.nodes) {
    const value = each.node.op === 'ConstantOfShape' ? attributeOf(each.node, 'value') : undefined
    const [id] = each.outputs
    if (value?.type !== 'tensor' || value.value.dtype !== 'float32' || id === undefined) continue
    const number = numbers(value.value)?.find(Number.isFinite) ?? 0
    const beyond = judgeConstant(graph, id, { min: number, max: number, decibels: null }, type)
    if (beyond) found.set(each, beyond)
  }
  return found
}

/** True where a value ends in a softmax through nothing but adding, choosing and moving. */
function reachesScores(graph: HalfGraph, id: string): boolean {
  return scoreReaders(graph, id).reached
}

/** Values that carry a mask: from the masks to the scores they are added to. */
export function maskedValues(graph: HalfGraph, masks: Iterable<string>): ReadonlySet<string> {
  const seen = new Set<string>()
  for (const id of masks) for (const each of scoreReaders(graph, id).values) seen.add(each)
  return seen
}

function scoreReaders(
  graph: HalfGraph,
  start: string,
): { readonly reached: boolean; readonly values: ReadonlySet<string> } {
  const values = new Set([start])
  const open = [start]
  let reached = false
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const { node } of graph.readersOf(id)) {
      if (scoring.test(node.node.op)) reached = true
      if (!carrying.has(node.node.op)) continue
      for (const output of [...node.outputs, ...tiedTo(graph, id)]) {
        if (output === undefined || values.has(output)) continue
        values.add(output)
        open.push(output)
      }
    }
  }
  return { reached, values }
}

/** Outputs of the control flow node whose body gives a value out. */
function tiedTo(graph: HalfGraph, id: string): readonly (string | undefined)[] {
  return graph
    .endsOf(id)
    .map(({ node, tie }) => (tie.output === undefined ? undefined : node.outputs[tie.output]))
}
