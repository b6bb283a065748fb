// The constant target of a Reshape between two shapes: numbers, 0 for a size that is copied from the same place, and -1 for
// the one that is left. With -1, ONNX divides by the other sizes, which fails where one of those is 0 in a run (an empty
// past, say); so names beside a -1 are only taken where some Reshape of the source could not bear a 0 there either.
import type { Dim } from '@damson/graph'

/** `nonzero`: lists of sizes of which a run with a 0 fails already. Undefined when no constant says it. */
export function reshapeTarget(
  from: readonly Dim[],
  to: readonly Dim[],
  nonzero: readonly (readonly Dim[])[] = [],
): readonly number[] | undefined {
  const target = to.map((size, at) => {
    if (typeof size === 'number') return size > 0 ? size : undefined
    return size !== null && from[at] === size ? 0 : undefined
  })
  const open = target.flatMap((size, at) => (size === undefined ? [at] : []))
  const [left] = open
  if (left === undefined) return target.map(size => size ?? 0)
  if (open.length > 1 || to[left] === 0) return undefined
  const beside = to.filter((size, at) => at !== left && typeof size !== 'number')
  const safe = beside.length === 0 || nonzero.some(sizes => beside.every(size => sizes.includes(size)))
  return safe ? target.map(size => size ?? -1) : undefined
}
