// A tensor of an attention by the meaning of its dimensions. Exporters split and merge heads in many spellings of Reshape and
// Transpose; followed axis by axis they are all the same. Sizes decide which axes a dimension is made of.
import { multiplyDims, subtractDims, type Dim } from '@damson/graph'

/** b batch, n heads, s positions, h numbers of one head; g groups of heads that share keys, r heads of one group. */
type Letter = 'b' | 'n' | 's' | 'h' | 'g' | 'r'

export interface Axis {
  readonly letter: Letter
  readonly size: Dim
}

/** Dimensions, each with the axes that it is made of, the slowest first. None: a size of 1 that belongs to no axis. */
export type Layout = readonly (readonly Axis[])[]

/** `b s nh` for [batch, positions, heads·head]; `1` for a dimension without axis. */
export function textOf(layout: Layout): string {
  return layout.map(axes => axes.map(axis => axis.letter).join('') || '1').join(' ')
}

/** True when two sizes are surely equal. */
export function sameSize(a: Dim, b: Dim): boolean {
  return a !== null && b !== null && subtractDims(a, b) === 0
}

/**
 * The same elements in other dimensions (Reshape, Squeeze, Flatten …): axes are dealt out to the dimensions from both ends;
 * the one that is left has what is left. Undefined where sizes do not prove it. Heads are divided into groups where a
 * dimension asks for it: n = g·r.
 */
export function regroup(layout: Layout, dims: readonly Dim[]): Layout | undefined {
  const axes = layout.flat()
  const groups: (readonly Axis[])[] = dims.map(() => [])
  let [left, right] = [0, dims.length]
  for (; left < right; left++) {
    const taken = take(axes, dims[left] ?? null, 'front')
    if (!taken) break
    groups[left] = taken
  }
  for (; right > left; right--) {
    const taken = take(axes, dims[right - 1] ?? null, 'back')
    if (!taken) break
    groups[right - 1] = taken
  }
  if (right - left === 1) groups[left] = axes
  else if (right > left || axes.some(axis => axis.size !== 1)) return undefined
  else groups[dims.length - 1] = [...(groups[dims.length - 1] ?? []), ...axes]
  return groups
}

/** Takes axes of a product `size` away from one end; nothing is taken when they do not come out even. */
function take(axes: Axis[], size: Dim, end: 'front' | 'back'): readonly Axis[] | undefined {
  if (size === null) return undefined
  const order = end === 'front' ? [...axes] : [...axes].reverse()
  const taken: Axis[] = []
  let product: Dim = 1
  for (const axis of order) {
    if (sameSize(product, size) && !(size === 1 && taken.length === 0 && axis.size === 1)) break
    const divided = divide(axis, product, size, end)
    if (divided) {
      replaceEnd(axes, taken.length + 1, [divided[1]], end)
      return ordered([...taken, divided[0]], end)
    }
    product = multiplyDims(product, axis.size)
    taken.push(axis)
    if (product === null) return undefined
  }
  if (!sameSize(product, size)) return undefined
  replaceEnd(axes, taken.length, [], end)
  return ordered(taken, end)
}

const ordered = (taken: readonly Axis[], end: 'front' | 'back'): readonly Axis[] =>
  end === 'front' ? taken : [...taken].reverse()

function replaceEnd(axes: Axis[], count: number, by: readonly Axis[], end: 'front' | 'back'): void {
  if (end === 'front') axes.splice(0, count, ...by)
  else axes.splice(axes.length - count, count, ...by)
}

/** Heads in two: what fills the dimension, and what is left over. */
function divide(
  axis: Axis,
  product: Dim,
  size: Dim,
  end: 'front' | 'back',
): readonly [Axis, Axis] | undefined {
  if (axis.letter !== 'n' || product !== 1 || typeof axis.size !== 'number' || typeof size !== 'number')
    return undefined
  if (size === 1 || size >= axis.size || axis.size % size !== 0) return undefined
  const rest = axis.size / size
  return end === 'front'
    ? [
        { letter: 'g', size },
        { letter: 'r', size: rest },
      ]
    : [
        { letter: 'r', size },
        { letter: 'g', size: rest },
      ]
}

/** Dimensions before a Transpose that made these: out[i] = in[perm[i]]. */
export function untranspose(layout: Layout, perm: readonly number[]): Layout | undefined {
  if (perm.length !== layout.length) return undefined
  const before: (readonly Axis[])[] = []
  perm.forEach((from, at) => (before[from] = layout[at] ?? []))
  return before
}

/** Dimensions after a Transpose. */
export function transpose(layout: Layout, perm: readonly number[]): Layout | undefined {
  return perm.length === layout.length ? perm.map(from => layout[from] ?? []) : undefined
}
