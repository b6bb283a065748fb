// A batch that holds both branches of guidance, the unconditional rows first: taking it apart and putting it together. Such a
// batch is told by its latents, which are the same in both halves.
import type { Feeds, Outputs, TensorData } from '@damson/core'
import { numbersOf, tensorLike } from '../gating/combined-tensors.ts'
import { latentsOf } from '../gating/fed-values.ts'

/** Positions of tokens have no rows, even when there are as many tokens as rows. */
const positionNames = new Set(['img_ids', 'txt_ids'])

/** Rows of a batch for both branches; undefined when the feeds are not one. */
export function rowsOfBoth(feeds: Feeds): number | undefined {
  const latents = latentsOf(feeds)
  return latents && hasEqualHalves(latents) ? latents.shape[0] : undefined
}

/** Whether the rows of a batch are there twice, as the latents of both branches are. */
export function hasEqualHalves({ shape: [rows = 0], data }: TensorData): boolean {
  if (rows < 2 || rows % 2 !== 0) return false
  const half = data.length / 2
  for (let i = 0; i < half; i++) if (data[i] !== data[half + i]) return false
  return true
}

/** The feeds of the conditional half. */
export function conditionalFeeds(feeds: Feeds, rows: number): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      const whole = tensor.shape[0] !== rows || positionNames.has(name)
      return [name, whole ? tensor : halfOf(tensor, 1)]
    }),
  )
}

/** One half of all outputs. What has no rows is handed on. */
export function halfOutputs(outputs: Outputs, rows: number, half: 0 | 1): Outputs {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => {
      const size = tensor.shape[0] ?? 0
      return [name, size > 0 && size % rows === 0 ? halfOf(tensor, half) : tensor]
    }),
  )
}

function halfOf(tensor: TensorData, half: 0 | 1): TensorData {
  const length = tensor.data.length / 2
  const shape = [(tensor.shape[0] ?? 0) / 2, ...tensor.shape.slice(1)]
  if (tensor.dtype === 'string') return { ...tensor, shape, data: tensor.data.slice(half * length, (half + 1) * length) } // prettier-ignore
  return { ...tensor, shape, data: tensor.data.slice(half * length, (half + 1) * length) }
}

/** Two halves as one batch; what is the same tensor in both has no rows that anybody asks for. */
export function stackedOutputs(first: Outputs, second: Outputs): Outputs {
  return Object.fromEntries(
    Object.entries(second).map(([name, lower]) => {
      const upper = first[name]
      return [name, upper && upper !== lower ? stacked(upper, lower) : lower]
    }),
  )
}

function stacked(upper: TensorData, lower: TensorData): TensorData {
  const [first, second] = [numbersOf(upper), numbersOf(lower)]
  if (!first || !second) return lower
  const numbers = new Float64Array(first.length + second.length)
  numbers.set(first)
  numbers.set(second, first.length)
  const rows = (upper.shape[0] ?? 0) + (lower.shape[0] ?? 0)
  return tensorLike({ ...lower, shape: [rows, ...lower.shape.slice(1)] }, numbers)
}
