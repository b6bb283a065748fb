// Multidirectional broadcasting of shapes and of known elements.
import type { Dim } from '../ir.ts'
import { isCappedBy } from './dim.ts'
import { concreteCount, maxElements, type Fact } from './fact.ts'

export interface Broadcast {
  readonly shape: readonly Dim[]
  /** Set when two sizes can not be brought together. */
  readonly problem?: string
}

/**
 * One dimension of a broadcast. A size above 1 wins over an unknown one, which must then be 1 or equal; two different
 * expressions give null, since either may be the one that is 1.
 */
export function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === b) return a
  if (a === 1) return b
  if (b === 1) return a
  if (typeof a === 'number' && typeof b === 'number') return undefined
  if (typeof a === 'number') return a
  if (typeof b === 'number') return b
  // min(a, n) and a: they are equal, or the minimum is 1; with n above 1 so is a then.
  if (isCappedBy(b, a)) return a
  return isCappedBy(a, b) ? b : null
}

/** The common shape, aligned at the last dimension. */
export function broadcastShapes(shapes: readonly (readonly Dim[])[]): Broadcast {
  const rank = Math.max(0, ...shapes.map(shape => shape.length))
  let problem: string | undefined
  const shape = Array.from({ length: rank }, (_, at) => {
    let dim: Dim = 1
    for (const each of shapes) {
      const other = at - rank + each.length
      const next: Dim | undefined = other < 0 ? dim : broadcastDim(dim, each[other] ?? null)
      if (next === undefined)
        problem = `shapes ${shapes.map(s => `[${s.join(', ')}]`).join(' and ')} do not broadcast`
      dim = next ?? null
    }
    return dim
  })
  return problem === undefined ? { shape } : { shape, problem }
}

/** Applies an operation to the elements of facts broadcast to a concrete shape; undefined when one has none. */
export function mapElements(
  facts: readonly Fact[],
  shape: readonly Dim[],
  operation: (...elements: readonly Dim[]) => Dim,
): readonly Dim[] | undefined {
  const count = concreteCount(shape)
  if (count === undefined || count > maxElements) return undefined
  const columns: (readonly Dim[])[] = []
  for (const fact of facts) {
    const from = fact.type?.kind === 'tensor' ? fact.type.shape : undefined
    if (!fact.elements || !from) return undefined
    columns.push(spread(fact.elements, from, shape, count))
  }
  return Array.from({ length: count }, (_, at) => operation(...columns.map(column => column[at] ?? null)))
}

/** Elements of a tensor broadcast to a concrete shape. */
export function spread(
  elements: readonly Dim[],
  from: readonly Dim[],
  to: readonly Dim[],
  count: number,
): readonly Dim[] {
  if (elements.length === count) return elements
  const size = (dim: Dim | undefined): number => (typeof dim === 'number' ? dim : 1)
  return Array.from({ length: count }, (_, flat) => {
    let [rest, index, stride] = [flat, 0, 1]
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const extent = size(to[axis])
      const own = from[axis - to.length + from.length]
      if (own !== undefined && own !== 1) index += (rest % extent) * stride
      if (own !== undefined) stride *= size(own)
      rest = Math.floor(rest / extent)
    }
    return elements[index] ?? null
  })
}
