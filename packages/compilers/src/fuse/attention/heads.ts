// Where queries, keys and values come from: up through all that only moves, repeats or scales them, from [b, n, s, h] to
// [b, s, n·h]. Every stop on the way is kept, so that the operator to be built may take the one that suits it.
import type { Node } from '@damson/graph'
import { regroup, sameSize, textOf, untranspose, type Layout } from './axes.ts'
import { regrouping, type View } from '../seek/view.ts'

/** A value on the way up. `scale` is what it has still to be multiplied by, `passed` the nodes below it. */
export interface Stage {
  readonly value: string
  readonly layout: Layout
  readonly text: string
  readonly scale: number
  readonly passed: readonly Node[]
}

export interface Climb {
  /** Whether factors may be collected on the way. */
  readonly scales: boolean
}

/** The value itself and all stops above it. */
export function stagesOf(view: View, value: string, layout: Layout, climb: Climb): readonly Stage[] {
  const stages: Stage[] = []
  let next: Stage | undefined = { value, layout, text: textOf(layout), scale: 1, passed: [] }
  while (next) {
    stages.push(next)
    next = above(view, next, climb)
  }
  return stages
}

/** The first of the wished layouts, in order of preference; within one layout the highest stop. */
export function stageAs(stages: readonly Stage[], ...texts: readonly string[]): Stage | undefined {
  for (const text of texts) {
    const found = stages.findLast(stage => stage.text === text)
    if (found) return found
  }
  return undefined
}

function above(view: View, stage: Stage, { scales }: Climb): Stage | undefined {
  const node = view.producer(stage.value)
  if (!node) return undefined
  const [input = ''] = node.inputs
  const to = (layout: Layout | undefined, value = input, factor = 1): Stage | undefined =>
    layout && {
      value,
      layout,
      text: textOf(layout),
      scale: stage.scale * factor,
      passed: [...stage.passed, node],
    }
  if (view.passes(node)) return to(stage.layout)
  if (node.op === 'Transpose') return to(untranspose(stage.layout, view.perm(node) ?? []))
  if (regrouping.has(node.op)) {
    const dims = view.shape(input)
    return dims && to(regroup(stage.layout, dims))
  }
  if (node.op === 'Expand' || node.op === 'Tile') return to(unrepeat(view, node, stage.layout))
  const factor = scales ? factorOf(view, node) : undefined
  return factor && to(stage.layout, factor.of, factor.by)
}

/** A product with, or quotient by, one constant number that leaves the shape as it is. */
export function factorOf(view: View, node: Node): { readonly of: string; readonly by: number } | undefined {
  const [a = '', b = ''] = node.inputs
  if (node.op !== 'Mul' && node.op !== 'Div') return undefined
  for (const [of, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const number = view.scalar(other)
    const [rank, otherRank] = [view.shape(of)?.length, view.shape(other)?.length]
    if (number === undefined || rank === undefined || otherRank === undefined || otherRank > rank) continue
    if (node.op === 'Mul') return { of, by: number }
    return number === 0 ? undefined : { of, by: 1 / number }
  }
  return undefined
}

/**
 * Before an Expand or Tile that repeats keys for the heads of a group: their dimension had one element. Where all heads
 * share their keys, that is one group.
 */
function unrepeat(view: View, { inputs, outputs }: Node, layout: Layout): Layout | undefined {
  const [from, to] = [view.shape(inputs[0] ?? ''), view.shape(outputs[0] ?? '')]
  if (!from || !to || from.length !== layout.length || to.length !== layout.length) return undefined
  const before = layout.flatMap((axes, at): Layout => {
    if (sameSize(from[at] ?? null, to[at] ?? null)) return [axes]
    const [axis, ...others] = axes
    if (from[at] !== 1 || !axis || others.length > 0) return []
    if (axis.letter === 'n') return [[{ letter: 'g', size: 1 }]]
    return axis.letter === 'r' ? [[]] : []
  })
  return before.length === layout.length ? before : undefined
}
