// Down from the Softmax: to the product with the values, and on through what merges the heads again. On the way torch guards
// against rows that are masked out wholly: Softmax → IsNaN → Where(0).
import type { Node } from '@damson/graph'
import { regroup, textOf, transpose, type Layout } from './axes.ts'
import { miss, type Miss } from '../seek/miss.ts'
import { regrouping, type View } from '../seek/view.ts'

/** The product of attention weights and values. */
export interface Weighted {
  readonly product: Node
  /** Rows of which every weight is NaN count as zero. */
  readonly guarded: boolean
  /** Dimensions of the weights where they meet the values. */
  readonly layout: Layout
  readonly passed: readonly Node[]
}

const maxSteps = 8

/** What the weights are multiplied with, or why they are not. */
export function weightedBy(view: View, weights: string, start: Layout): Weighted | Miss {
  let [current, layout, guarded] = [weights, start, false]
  const passed: Node[] = []
  for (let step = 0; step < maxSteps; step++) {
    const readers = view.readers(current)
    if (!readers) return miss(5, 'the attention weights are a graph output', current)
    const guard = guarded ? undefined : guardOf(view, current, readers)
    const [node, ...others] = guard ? [guard.where] : readers
    if (!node || others.length > 0) return miss(1, 'the Softmax has several users or none', current)
    if (guard) passed.push(guard.test)
    passed.push(node)
    if (node.op === 'MatMul' && node.inputs[0] === current) return { product: node, guarded, layout, passed }
    const next = guard || view.passes(node) ? layout : regrouped(view, node, layout)
    if (!next) return miss(1, `the Softmax leads to ${node.op}, not to a product with values`, current)
    layout = next
    guarded ||= guard !== undefined
    current = node.outputs[0] ?? ''
  }
  return miss(1, 'no product with values is near', current)
}

/** Where(IsNaN(x), 0, x), and nothing else that reads x. */
function guardOf(
  view: View,
  x: string,
  readers: readonly Node[],
): { readonly test: Node; readonly where: Node } | undefined {
  const test = readers.find(node => node.op === 'IsNaN' && node.domain === '')
  const where = readers.find(node => node.op === 'Where' && node.domain === '')
  if (!test || !where || readers.length !== 2) return undefined
  const [flag = '', zero = '', kept = ''] = where.inputs
  const alone = view.readers(flag)?.length === 1
  return alone && flag === test.outputs[0] && kept === x && view.scalar(zero) === 0
    ? { test, where }
    : undefined
}

function regrouped(view: View, node: Node, layout: Layout): Layout | undefined {
  if (node.domain !== '') return undefined
  if (node.op === 'Transpose') return transpose(layout, view.perm(node) ?? [])
  const dims = regrouping.has(node.op) ? view.shape(node.outputs[0] ?? '') : undefined
  return dims && regroup(layout, dims)
}

/** A value on the way down; `passed` are the nodes up to it, the product among them. */
export interface Landing {
  readonly value: string
  readonly text: string
  readonly passed: readonly Node[]
}

/** What the product becomes, from [b, n, s, h] down to [b, s, n·h] where the graph merges its heads. */
export function landingsOf(view: View, product: Node, start: Layout): readonly Landing[] {
  const landings: Landing[] = []
  let [node, layout] = [product, start]
  for (let step = 0; step < maxSteps; step++) {
    const [value = ''] = node.outputs
    landings.push({ value, text: textOf(layout), passed: [...(landings.at(-1)?.passed ?? []), node] })
    const [reader, ...others] = view.readers(value) ?? []
    if (!reader || others.length > 0) break
    const next = view.passes(reader) ? layout : regrouped(view, reader, layout)
    if (!next) break
    ;[node, layout] = [reader, next]
  }
  return landings
}
