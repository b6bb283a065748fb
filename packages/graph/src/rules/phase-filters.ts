// A convolution of all the phases of a picture, as one of the picture itself. With y = Conv over channels c of phases a,
//   y[o] = Σ W[a·C + c, i]·x[c, s·(t·o + i − p) + a] = Σ W'[c, j]·x[c, s·t·o + j − s·p]   where W'[c, s·i + a] = W[a·C + c, i]
// so the filter is s times as wide, moves s times as far and has as many weights; nothing is cut out or joined any more.
import { dataTypes, elementCount } from '../dtype.ts'
import { isRefusal, refuse, type Refusal } from '../error.ts'
import { intOf, intsOf, textOf } from '../ops/attributes.ts'
import { op } from '../ops/onnx-operators.generated.ts'
import { constant } from '../ops/term.ts'
import type { Value } from '../scope.ts'
import type { Tensor } from '../tensor.ts'
import { computeTensors } from '../tensors/computed-tensor.ts'
import { phasesOf, type Phases } from './phases.ts'
import { rule, type Rule } from './rule.ts'
import { isFloat } from './shape-facts.ts'

/** Slice in steps, Concat of all the phases, Conv ⇒ Conv with a wider filter and stride. */
export const phaseFilters: Rule = rule('phase-filters', ['...parts', 'joined', 'w', 'b?', 'y'], {
  match: ({ parts, joined, w, b, y }) => op.Conv(op.Concat(...parts).as(joined), constant(w), b).as(y),
  check: ({ parts, joined, w, y }) => {
    const place = placeOf(parts, joined, w)
    if (isRefusal(place)) return place
    const axis = intOf(joined, 'axis', 1)
    if ((axis < 0 ? axis + place.weights.shape.length : axis) !== 1) return refuse('does not join channels', joined)
    if (intOf(y, 'group', 1) !== 1) return refuse('works in groups', y)
    if (intsOf(y, 'dilations', []).some(each => each !== 1)) return refuse('is dilated', y)
    return ['', 'NOTSET', 'VALID'].includes(textOf(y, 'auto_pad', '')) || refuse('pads by itself', y)
  },
  build: ({ parts, joined, w, b, y }) => {
    const place = placeOf(parts, joined, w)
    if (isRefusal(place)) return place
    const { phases, weights } = place
    const { steps } = phases
    const times = (list: readonly number[]): readonly number[] => list.map((each, at) => each * (steps[at % steps.length] ?? 1))
    const ones = steps.map(() => 1)
    return op.Conv(phases.picture, constant(wideFilters(weights, phases), { from: [w] }), b, {
      kernel_shape: times(weights.shape.slice(2)),
      strides: times(intsOf(y, 'strides', ones)),
      pads: times(intsOf(y, 'pads', [...ones, ...ones].map(() => 0))),
    })
  },
}) // prettier-ignore

interface FilterPlace {
  readonly phases: Phases
  /** [filters, phases·channels, …kernel] */
  readonly weights: Tensor
}

function placeOf(parts: readonly Value[], joined: Value, w: Value): FilterPlace | Refusal {
  const weights = w.tensor
  if (!weights) return refuse('is not constant', w)
  if (!isFloat(w)) return refuse('is not of floats', w)
  if ((weights.shape[1] ?? 0) % parts.length !== 0) return refuse('are not equally many channels', joined)
  const phases = phasesOf(parts, weights.shape.length)
  return isRefusal(phases) ? phases : { phases, weights }
}

/** W' of W: elements change their places, filter by filter. */
function wideFilters(weights: Tensor, { steps, starts }: Phases): Tensor {
  const [filters = 0, joined = 0, ...kernel] = weights.shape
  const channels = joined / starts.length
  const wide = kernel.map((size, at) => size * (steps[at] ?? 1))
  const [from, to] = [elementCount(kernel), elementCount(wide)]
  const width = dataTypes[weights.dtype].bits / 8
  // Where each weight of a filter goes.
  const places = Array.from({ length: joined * from }, (_, at) => {
    const [channel, place] = [Math.floor(at / from), at % from]
    const start = starts[Math.floor(channel / channels)] ?? []
    return (channel % channels) * to + widePlace(place, kernel, steps, start)
  })
  const bytes = places.length * width
  const [made = weights] = computeTensors({
    key: `phase-filters:1:${steps.join('x')}:${starts.map(each => each.join()).join(';')}:${weights.key}`,
    outputs: [{ dtype: weights.dtype, shape: [filters, channels, ...wide] }],
    cost: weights.byteLength,
    run: async (write, { signal }) => {
      for (let filter = 0; filter < filters; filter++) {
        signal?.throwIfAborted()
        const range = { offset: filter * bytes, length: bytes, ...(signal ? { signal } : {}) }
        const read = await weights.read(range)
        const moved = new Uint8Array(bytes)
        places.forEach((to, at) => moved.set(read.subarray(at * width, (at + 1) * width), to * width))
        await write(0, filter * bytes, moved)
      }
    },
  })
  return made
} // prettier-ignore

/** s·i + a in each dimension, as an index of the wide kernel. */
function widePlace(
  place: number,
  kernel: readonly number[],
  steps: readonly number[],
  start: readonly number[],
): number {
  let [rest, index, stride] = [place, 0, 1]
  for (let axis = kernel.length - 1; axis >= 0; axis--) {
    const [size = 1, step = 1] = [kernel[axis], steps[axis]]
    index += ((rest % size) * step + (start[axis] ?? 0)) * stride
    rest = Math.floor(rest / size)
    stride *= size * step
  }
  return index
}
