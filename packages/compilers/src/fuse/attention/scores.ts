// Up from the Softmax to the product of queries and keys. On the way stand, in any order that means the same: one factor, masks
// that are added, masks that choose, casts and Reshapes.
//   Softmax(scale·q·kᵀ + mask)
import type { Node } from '@damson/graph'
import { regroup, untranspose, type Layout } from './axes.ts'
import { boundsOf } from './bounds.ts'
import { factorOf } from './heads.ts'
import { miss, type Miss } from '../seek/miss.ts'
import { regrouping, type View } from '../seek/view.ts'

/** What is added to the scores; `choose`: a mask of booleans that puts `fill` where it is not `keep`. */
export type Mask =
  | { readonly kind: 'add'; readonly value: string; readonly layout: Layout }
  | {
      readonly kind: 'choose'
      readonly where: string
      readonly keep: boolean
      readonly fill: string
      readonly layout: Layout
    }

export interface Scores {
  readonly product: Node
  /** Dimensions of the product: [b, n, s, t] or [b·n, s, t]; the letter of keys t is `h`. */
  readonly layout: Layout
  readonly scale: number
  /** Nearest to the Softmax first. */
  readonly masks: readonly Mask[]
  readonly passed: readonly Node[]
}

const maxSteps = 12

/** The product behind a value that is softmaxed, or why there is none. */
export function scoresOf(view: View, value: string, layout: Layout): Scores | Miss {
  let scores: Omit<Scores, 'product'> = { layout, scale: 1, masks: [], passed: [] }
  let current = value
  for (let step = 0; step < maxSteps; step++) {
    const node = view.producer(current)
    if (!node) return miss(2, 'the scores come from outside', current)
    const readers = view.readers(current)
    if (!readers) return miss(2, 'the scores are a graph output', current)
    if (readers.length > 1) return miss(2, 'the scores are also used elsewhere', current)
    if (node.op === 'MatMul') return { ...scores, product: node, passed: [...scores.passed, node] }
    const next = climb(view, node, scores)
    if ('reason' in next) return next
    current = next.value
    scores = { ...next.scores, passed: [...scores.passed, node] }
  }
  return miss(2, 'no product of queries and keys is near', current)
}

interface Step {
  readonly value: string
  readonly scores: Omit<Scores, 'product'>
}

function climb(view: View, node: Node, scores: Omit<Scores, 'product'>): Step | Miss {
  const [input = ''] = node.inputs
  const [output = ''] = node.outputs
  if (view.passes(node)) return { value: input, scores }
  if (regrouping.has(node.op) || node.op === 'Transpose') {
    const dims = view.shape(input)
    const layout =
      node.op === 'Transpose'
        ? untranspose(scores.layout, view.perm(node) ?? [])
        : dims && regroup(scores.layout, dims)
    return layout
      ? { value: input, scores: { ...scores, layout } }
      : miss(3, 'the scores are regrouped', output)
  }
  const factor = factorOf(view, node)
  if (factor) return { value: factor.of, scores: { ...scores, scale: scores.scale * factor.by } }
  if (node.op === 'Add') return added(view, node, scores)
  if (node.op === 'Where') return chosen(view, node, scores)
  if (node.op === 'Cast') return miss(3, 'the Softmax is computed in another element type', output)
  if (node.op === 'Mul' || node.op === 'Div') return miss(3, 'the scale depends on data', output)
  return miss(3, `the scores pass through ${node.op}`, output)
}

function added(view: View, { inputs, outputs }: Node, scores: Step['scores']): Step | Miss {
  const [a = '', b = ''] = inputs
  const [value, mask] = leadsToProduct(view, a) ? [a, b] : [b, a]
  if (!leadsToProduct(view, value))
    return miss(2, 'no product of queries and keys is added up', outputs[0] ?? '')
  const bounds = boundsOf(view, mask)
  if (bounds?.low === 0 && bounds.high === 0) return { value, scores }
  if (scores.scale !== 1) return miss(3, 'the scale comes after the mask', outputs[0] ?? '')
  const { layout } = scores
  return { value, scores: { ...scores, masks: [...scores.masks, { kind: 'add', value: mask, layout }] } }
}

function chosen(view: View, { inputs, outputs }: Node, scores: Step['scores']): Step | Miss {
  const [where = '', yes = '', no = ''] = inputs
  const keep = leadsToProduct(view, yes)
  const [value, fill] = keep ? [yes, no] : [no, yes]
  if (!leadsToProduct(view, value))
    return miss(2, 'no product of queries and keys is chosen from', outputs[0] ?? '')
  if (scores.scale !== 1) return miss(3, 'the scale comes after the mask', outputs[0] ?? '')
  const { layout } = scores
  const mask: Mask = { kind: 'choose', where, keep, fill, layout }
  return { value, scores: { ...scores, masks: [...scores.masks, mask] } }
}

const between: ReadonlySet<string> = new Set([
  'Add',
  'Mul',
  'Div',
  'Where',
  'Cast',
  'Reshape',
  'Identity',
  'Transpose',
])

/** True when a product of two values that are no constants is near above. */
function leadsToProduct(view: View, name: string, depth = 0): boolean {
  const node = view.producer(name)
  if (!node || depth > maxSteps) return false
  if (node.op === 'MatMul') return node.inputs.every(input => !view.isConstant(input))
  return between.has(node.op) && node.inputs.some(input => leadsToProduct(view, input, depth + 1))
}
