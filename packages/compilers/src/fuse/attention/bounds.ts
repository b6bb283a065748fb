// Between which numbers the elements of a value lie, as far as its making shows: that a mask is finite decides whether a row
// can be masked out wholly, that it is zero everywhere that it is none.
import { numbers, Value, type Node, type Tensor } from '@damson/graph'
import type { View } from '../seek/view.ts'

export interface Bounds {
  readonly low: number
  readonly high: number
}

const maxDepth = 40

/** Least and greatest possible element; undefined when nothing is known. NaN is never among the elements then. */
export function boundsOf(view: View, name: string, depth = 0): Bounds | undefined {
  const { tensor, dtype, producer } = new Value(name, view.scope)
  if (tensor) return ofTensor(tensor)
  if (producer?.domain === '' && depth < maxDepth) {
    const found = ofNode(view, producer, depth + 1)
    if (found) return found
  }
  return dtype === 'bool' ? { low: 0, high: 1 } : undefined
}

function ofTensor(tensor: Tensor): Bounds | undefined {
  const all = numbers(tensor)
  if (!all || all.length === 0) return undefined
  let [low, high] = [Infinity, -Infinity]
  for (const each of all) [low, high] = [Math.min(low, each), Math.max(high, each)]
  return checked(low, high)
}

/** Operators whose output has elements of the inputs named, and no others. */
const moving: Readonly<Record<string, 'first' | 'all'>> = {
  Identity: 'first', Cast: 'first', Expand: 'first', Unsqueeze: 'first', Squeeze: 'first', Reshape: 'first',
  Transpose: 'first', Slice: 'first', Gather: 'first', GatherND: 'first', Tile: 'first', Flatten: 'first',
  Concat: 'all', Max: 'all', Min: 'all', CastLike: 'first',
} // prettier-ignore

function ofNode(view: View, node: Node, depth: number): Bounds | undefined {
  const of = (at: number): Bounds | undefined => boundsOf(view, node.inputs[at] ?? '', depth)
  const which = moving[node.op]
  if (which === 'first') return of(0)
  if (which === 'all') return hull(node.inputs.map((_, at) => of(at)))
  switch (node.op) {
    case 'Where':
      return hull([of(1), of(2)])
    case 'Trilu':
      return hull([of(0), { low: 0, high: 0 }])
    case 'Neg': {
      const x = of(0)
      return x && { low: -x.high, high: -x.low }
    }
    case 'ConstantOfShape': {
      const value = node.attributes.get('value')
      return value?.type === 'tensor' ? ofTensor(value.value) : { low: 0, high: 0 }
    }
    default:
      return arithmetic(node.op, of(0), of(1))
  }
}

function arithmetic(op: string, a: Bounds | undefined, b: Bounds | undefined): Bounds | undefined {
  if (!a || !b) return undefined
  if (op === 'Add') return rounded(a.low + b.low, a.high + b.high)
  if (op === 'Sub') return rounded(a.low - b.high, a.high - b.low)
  if (op !== 'Mul') return undefined
  const products = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]
  return rounded(Math.min(...products), Math.max(...products))
}

function hull(all: readonly (Bounds | undefined)[]): Bounds | undefined {
  const known = all.filter(each => each !== undefined)
  if (known.length === 0 || known.length < all.length) return undefined
  return checked(Math.min(...known.map(each => each.low)), Math.max(...known.map(each => each.high)))
}

const checked = (low: number, high: number): Bounds | undefined =>
  Number.isNaN(low) || Number.isNaN(high) ? undefined : { low, high }

/** Sums of float32 numbers may overflow. */
const rounded = (low: number, high: number): Bounds | undefined =>
  checked(Math.fround(low), Math.fround(high))
