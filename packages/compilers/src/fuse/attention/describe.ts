// An attention as a value, whatever it was spelled like:
//   y = Softmax(scale · q·kᵀ + masks) · v,   head by head,   q [b, n, s, h], k [b, g, t, h], v [b, g, t, hv]
import type { Dim, Node } from '@damson/graph'
import type { Axis, Layout } from './axes.ts'
import { stageAs, stagesOf, type Stage } from './heads.ts'
import { isMiss, miss, type Miss } from '../seek/miss.ts'
import { scoresOf, type Mask } from './scores.ts'
import { regrouping, type View } from '../seek/view.ts'
import { landingsOf, weightedBy, type Landing } from './weights.ts'

export interface Attention {
  readonly softmax: Node
  /** Every stop of queries, keys and values on their way from where they were made. */
  readonly query: readonly Stage[]
  readonly key: readonly Stage[]
  readonly value: readonly Stage[]
  readonly heads: number
  /** Heads of keys and values; fewer than `heads` where groups share them. */
  readonly kvHeads: number
  readonly headSize: number
  readonly valueSize: number
  /** Factor of q·kᵀ, but for what the stages of queries and keys have collected. */
  readonly scale: number
  /** To be added, those nearest to the product first. */
  readonly masks: readonly Mask[]
  /** Rows without any weight count as zero. */
  readonly guarded: boolean
  readonly batch: Dim
  readonly length: Dim
  readonly total: Dim
  /** What came of it, the heads merged last if at all. */
  readonly landings: readonly Landing[]
  /** Between the stages and the landings. */
  readonly core: readonly Node[]
}

/** The attention around a Softmax, or why there is none. */
export function describe(view: View, softmax: Node): Attention | Miss {
  const [input = ''] = softmax.inputs
  const [weights = ''] = softmax.outputs
  const shape = view.shape(weights)
  const axis = view.axis(softmax, view.opset < 13 ? 1 : -1)
  if (!shape || axis !== shape.length - 1) return miss(1, 'the Softmax is not over the last axis', weights)
  const start = scoresLayout(view, weights, shape)
  if (!start)
    return miss(
      1,
      `the Softmax is over [${shape.map(dim => dim ?? '?').join(', ')}], no scores of heads`,
      weights,
    )
  const weighted = weightedBy(view, weights, start)
  if (isMiss(weighted)) return weighted
  const scores = scoresOf(view, input, start)
  if (isMiss(scores)) return scores
  const operands = operandsOf(view, scores.product, scores.layout, weighted.product, weighted.layout)
  if (isMiss(operands)) return operands
  const [batch, , length, total] = flatSizes(start)
  const { masks, scale } = scores
  const core = [...scores.passed, softmax, ...weighted.passed]
  const { guarded } = weighted
  return { ...operands, softmax, scale, masks: [...masks].reverse(), guarded, batch, length, total, core }
}

type Operands = Pick<
  Attention,
  'query' | 'key' | 'value' | 'heads' | 'kvHeads' | 'headSize' | 'valueSize' | 'landings'
>

/** Dimensions of the scores: [b, n, s, t], [b·n, s, t], or [b, s, t] of one head. Keys have the letter `h`. */
function scoresLayout(view: View, weights: string, shape: readonly Dim[]): Layout | undefined {
  const [first = null, second = null, third = null, fourth = null] = shape
  if (shape.length === 4 && typeof second === 'number') {
    return [[axis('b', first)], [axis('n', second)], [axis('s', third)], [axis('h', fourth)]]
  }
  if (shape.length !== 3) return undefined
  const split = splitBelow(view, weights)
  if (!split) return [[axis('b', first), axis('n', 1)], [axis('s', second)], [axis('h', third)]]
  return [[axis('b', split[0]), axis('n', split[1])], [axis('s', second)], [axis('h', third)]]
}

const axis = (letter: Axis['letter'], size: Dim): Axis => ({ letter, size })

/** Batch and heads of scores that have them in one dimension, told by the Reshape that parts them further down. */
function splitBelow(view: View, start: string): readonly [Dim, number] | undefined {
  let current = start
  for (let step = 0; step < 8; step++) {
    const node = view.readers(current)?.find(each => each.op !== 'IsNaN')
    const [output = ''] = node?.outputs ?? []
    const shape = view.shape(output)
    if (node && regrouping.has(node.op) && shape?.length === 4) {
      return typeof shape[1] === 'number' ? [shape[0] ?? null, shape[1]] : undefined
    }
    if (!node || !['MatMul', 'Where', 'Cast', 'Identity'].includes(node.op)) return undefined
    current = output
  }
  return undefined
}

function flatSizes(layout: Layout): readonly [Dim, Dim, Dim, Dim] {
  const size = (letter: string): Dim => layout.flat().find(each => each.letter === letter)?.size ?? null
  return [size('b'), size('n'), size('s'), size('h')]
}

/** Queries and keys of one product, values of the other, and what came of them. */
function operandsOf(view: View, qk: Node, scores: Layout, pv: Node, weights: Layout): Operands | Miss {
  const [q = '', k = ''] = qk.inputs
  const [, v = ''] = pv.inputs
  const last = (name: string): Dim | undefined => view.shape(name)?.at(-1)
  const [headSize, valueSize] = [last(q), last(v)]
  const heads = scores.flat().find(each => each.letter === 'n')?.size
  if (typeof headSize !== 'number' || typeof valueSize !== 'number' || typeof heads !== 'number') {
    return miss(4, 'the size of a head is not known', q)
  }
  const [batch, rows, keys] = [scores.slice(0, -2), scores.at(-2) ?? [], scores.at(-1) ?? []]
  const kRows = keys.map(({ size }) => axis('s', size))
  const key = kvStages(view, k, batch, [[axis('h', headSize)], kRows], true)
  const value = kvStages(view, v, weights.slice(0, -2), [kRows, [axis('h', valueSize)]], false)
  if (isMiss(key)) return key
  if (isMiss(value)) return value
  const queryLayout = [...batch, rows, [axis('h', headSize)]]
  const [product = ''] = qk.outputs
  if (repeatedIn(view, product, scores)) return miss(4, 'the mask makes more of the scores', product)
  if (repeatedIn(view, q, queryLayout.slice(0, -1))) return miss(4, 'queries are shared by the batch', q)
  const query = stagesOf(view, q, queryLayout, { scales: true })
  const kvHeads = Math.max(groupsOf(key, heads), groupsOf(value, heads))
  const landings = landingsOf(view, pv, [...weights.slice(0, -1), [axis('h', valueSize)]])
  return { query, key, value, heads, kvHeads, headSize, valueSize, landings }
}

/** Stages of keys or values; where one head serves all, it is a group of its own. */
function kvStages(
  view: View,
  name: string,
  batch: Layout,
  rest: Layout,
  scales: boolean,
): readonly Stage[] | Miss {
  const shape = view.shape(name)
  if (shape?.length !== batch.length + rest.length)
    return miss(4, 'queries, keys and values differ in rank', name)
  const own = batch.map((axes, at): Layout[number] | undefined => {
    if (!isRepeated(shape[at], axes)) return axes
    return axes.length === 1 && axes[0]?.letter === 'n' ? [axis('g', 1)] : undefined
  })
  const known = own.filter(axes => axes !== undefined)
  if (known.length < own.length) return miss(4, 'keys or values are shared by the batch', name)
  return stagesOf(view, name, [...known, ...rest], { scales })
}

/** True when a dimension has one element where broadcasting makes more of it. */
function isRepeated(size: Dim | undefined, axes: readonly Axis[]): boolean {
  return size === 1 && axes.some(each => each.size !== 1)
}

/** True when broadcasting makes more of a value than it has in one of the dimensions given. */
function repeatedIn(view: View, name: string, layout: Layout): boolean {
  const shape = view.shape(name)
  return layout.some((axes, at) => isRepeated(shape?.[at], axes))
}

/** How many heads keys have before they are repeated. */
function groupsOf(stages: readonly Stage[], heads: number): number {
  const shared = stageAs(stages, 'b s gh', 'b s g h', 'b g s h')
  const size = shared?.layout.flat().find(each => each.letter === 'g')?.size
  return typeof size === 'number' ? size : heads
}
