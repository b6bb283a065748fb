// A norm without scale and shift, as its operator takes it: over which axes it goes, its ε, and a scale of ones.
import {
  constant,
  constantNumbers,
  intOf,
  intsOf,
  isFloat,
  refuse,
  tensorOf,
  Value,
  type Constant,
  type Refusal,
} from '@damson/graph'

export interface Unscaled {
  readonly attributes: { readonly axis: number; readonly epsilon: number }
  /** As the last axes of x: [H] for the last one alone. */
  readonly ones: Constant
}

export interface NormValues {
  readonly x: Value
  /** Results of the means that the norm takes; the last one is that of the squares. */
  readonly means: readonly Value[]
  readonly epsilon: Value
  /** The normalized x. */
  readonly y: Value
}

/** The norm, if all means are over the same last axes of known sizes and ε is one number. */
export function unscaled({ x, means, epsilon, y }: NormValues): Unscaled | Refusal {
  const { shape, dtype } = x
  if (!shape || !dtype || !isFloat(x)) return refuse('is not of floats, or of unknown rank', x)
  const narrow = means.find(mean => !isFloat(mean))
  if (narrow) return refuse('is not a mean of floats', narrow)
  if (y.dtype !== undefined && y.dtype !== dtype) return refuse('is of another type than its input', y)
  const axis = firstAxis(shape.length, means)
  if (typeof axis !== 'number') return axis
  const sizes = shape.slice(axis).filter(each => typeof each === 'number')
  if (sizes.length !== -axis) return refuse('has no fixed size on the axes of the mean', x)
  const values = constantNumbers(epsilon)
  const [value] = values ?? []
  if (values?.length !== 1 || value === undefined || !(value >= 0))
    return refuse('is not one constant number, zero or above', epsilon)
  if ((epsilon.shape?.length ?? 0) > shape.length) return refuse('raises the rank', epsilon)
  const length = sizes.reduce((a, b) => a * b, 1)
  const ones = tensorOf(
    dtype,
    sizes,
    Array.from({ length }, () => 1),
  )
  return { attributes: { axis, epsilon: value }, ones: constant(ones, { name: 'ones' }) }
}

/** The first axis of all means, counted from the end, when they go over all axes from there on. */
function firstAxis(rank: number, means: readonly Value[]): number | Refusal {
  const known = means.map(mean => reducedAxes(mean, rank))
  const count = known[0]?.length ?? 0
  const trailing = (axes: readonly number[] | undefined): boolean =>
    axes?.length === count && axes.every((axis, at) => axis === at - count)
  const other = means.find((_, at) => !trailing(known[at]))
  if (other) return refuse('is not a mean over the last axes that keeps them', other)
  return count > 0 ? -count : refuse('is a mean over nothing, or over everything', means[0])
}

/** The axes of a ReduceMean as counted from the end, ascending; undefined when they are not known, or not kept. */
function reducedAxes({ producer, scope }: Value, rank: number): readonly number[] | undefined {
  if (!producer || intOf(producer, 'keepdims', 1) === 0) return undefined
  const name = producer.inputs[1] ?? ''
  const axes = name === '' ? intsOf(producer, 'axes', undefined) : constantNumbers(new Value(name, scope))
  return axes?.map(axis => (axis < 0 ? axis : axis - rank)).sort((a, b) => a - b)
}
