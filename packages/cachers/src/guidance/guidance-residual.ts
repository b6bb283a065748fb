// The difference of the branches of guidance, by frequency, and what is made with it.
import type { Feeds, Outputs, TensorData } from '@damson/core'
import { numbersOf, tensorLike } from '../gating/combined-tensors.ts'
import { lowFrequencies, planesOf } from './low-frequencies.ts'
import type { Sizes } from '../gating/fed-values.ts'

interface Split {
  readonly low: Float64Array
  readonly high: Float64Array
}

export interface Residual {
  /** Of unconditional − conditional, by output. */
  readonly splits: ReadonlyMap<string, Split>
  /** The step at which both branches ran, and the sizes that were fed. */
  readonly step: number
  readonly sizes: Sizes
}

/** The residual of two runs of one step, each of its own branch. */
export function splitResidual(
  without: Outputs,
  withText: Outputs,
  feeds: Feeds,
  caches: ReadonlySet<string>,
): Residual['splits'] {
  const splits = Object.entries(withText).flatMap(([name, tensor]): [string, Split][] => {
    const other = caches.has(name) ? undefined : without[name]
    const [c, u] = [numbersOf(tensor), other && numbersOf(other)]
    if (!c || u?.length !== c.length || c.length === 0) return []
    const difference = Float64Array.from(c, (number, i) => (u[i] ?? 0) - number)
    const planes = planesOf(tensor.shape, gridOf(feeds))
    // Without a grid everything is low.
    const low = planes ? lowFrequencies(difference, planes) : difference
    return [[name, { low, high: difference.map((number, i) => number - (low[i] ?? 0)) }]]
  })
  return new Map(splits)
}

/** Rows and columns of tokens, where their positions are fed [tokens, (0, row, column)]. */
function gridOf(feeds: Feeds): readonly [number, number] | undefined {
  const ids: TensorData | undefined = feeds['img_ids']
  if (!ids || ids.shape.at(-1) !== 3) return undefined
  const most = (axis: number): number =>
    Array.from(numbersOf(ids) ?? ids.data, Number).reduce((largest, id, i) => (i % 3 === axis ? Math.max(largest, id) : largest), 0) // prettier-ignore
  return [most(1) + 1, most(2) + 1]
}

/** c + w_low·L(Δ) + w_high·H(Δ) */
export function derivedOutputs(
  withText: Outputs,
  { splits }: Residual,
  [low, high]: readonly [number, number],
): Outputs {
  return Object.fromEntries(
    Object.entries(withText).map(([name, tensor]) => {
      const split = splits.get(name)
      const c = numbersOf(tensor)
      if (!split || !c) return [name, tensor]
      const made = Float64Array.from(
        c,
        (number, i) => number + low * (split.low[i] ?? 0) + high * (split.high[i] ?? 0),
      )
      return [name, tensorLike(tensor, made)]
    }),
  )
}
