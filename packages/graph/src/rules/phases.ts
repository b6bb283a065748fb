// Phases of a picture: every s-th row and column from a start on, as Slices cut them out (YOLOv5 and YOLOX call it focus).
//   phase (a, b) of x:   x[…, a + s·i, b + s·j]
import { refuse, type Refusal } from '../error.ts'
import { Value } from '../scope.ts'
import { constantNumbers } from './shape-facts.ts'

export interface Phases {
  /** What they are cut out of. */
  readonly picture: Value
  /** Of each spatial dimension. */
  readonly steps: readonly number[]
  /** Of each part, for each spatial dimension. */
  readonly starts: readonly (readonly number[])[]
}

/** Dimensions before the spatial ones: batch and channels. */
const leading = 2

interface Cut {
  readonly picture: Value
  /** Of each dimension. */
  readonly starts: readonly number[]
  readonly steps: readonly number[]
}

/** Parts of `rank` dimensions as all the phases of one picture, each once; in any order. */
export function phasesOf(parts: readonly Value[], rank: number): Phases | Refusal {
  const cuts = parts.map(part => cutOf(part, rank))
  const [first] = cuts
  if (!first || cuts.some(cut => cut.picture.name !== first.picture.name))
    return refuse('are not parts of one picture', parts[0])
  const { picture, steps } = first
  if (cuts.some(cut => cut.steps.some((step, axis) => step !== steps[axis])))
    return refuse('are cut in different steps', picture)
  const count = steps.reduce((product, step) => product * step, 1)
  const places = new Set(cuts.map(cut => cut.starts.join()))
  const inside = cuts.every(cut => cut.starts.every((start, axis) => start < (steps[axis] ?? 1)))
  if (count === 1 || parts.length !== count || places.size !== count || !inside)
    return refuse('are not all the phases of a picture', picture)
  return { picture, steps: steps.slice(leading), starts: cuts.map(cut => cut.starts.slice(leading)) }
}

/** All Slices in a row that cut spatial dimensions from a start to the end; none: the value itself. */
function cutOf(part: Value, rank: number): Cut {
  let picture = part
  let starts = Array.from({ length: rank }, () => 0)
  let steps = Array.from({ length: rank }, () => 1)
  for (;;) {
    const cut = sliceOf(picture, rank)
    if (!cut) return { picture, starts, steps }
    // i ↦ start + step·i of the later cut, and of this one what is left of it.
    starts = starts.map((start, axis) => (cut.starts[axis] ?? 0) + (cut.steps[axis] ?? 1) * start)
    steps = steps.map((step, axis) => (cut.steps[axis] ?? 1) * step)
    picture = cut.picture
  }
}

function sliceOf(value: Value, rank: number): Cut | undefined {
  const node = value.producer
  if (node?.op !== 'Slice' || node.domain !== '') return undefined
  const at = (input: number): Value | undefined => {
    const name = node.inputs[input] ?? ''
    return name === '' ? undefined : new Value(name, value.home)
  }
  const [picture, from, to] = [at(0), constantNumbers(at(1)), constantNumbers(at(2))]
  if (!picture || !from || !to) return undefined
  const axes = at(3) ? constantNumbers(at(3)) : from.map((_, axis) => axis)
  const by = at(4) ? constantNumbers(at(4)) : from.map(() => 1)
  if (!axes || !by) return undefined
  const starts = Array.from({ length: rank }, () => 0)
  const steps = Array.from({ length: rank }, () => 1)
  for (const [each, given] of axes.entries()) {
    const axis = given < 0 ? given + rank : given
    const [start = 0, end = 0, step = 1] = [from[each], to[each], by[each]]
    const size = picture.shape?.[axis]
    const toTheEnd = end >= 2 ** 31 - 1 || (typeof size === 'number' && end >= size)
    if (axis < leading || start < 0 || step < 1 || !toTheEnd) return undefined
    starts[axis] = start
    steps[axis] = step
  }
  return { picture, starts, steps }
}
