// What each kind of statistic computes inside the graph: small tensors that leave the session, and how runs add up.
// Positions that are not finite are left out of every kind, and counted.
import type { StatisticRequest } from '@damson/core'
import { DamsonError, type DataType } from '@damson/graph'
import type { Emitter } from './emitter.ts'

export type Field =
  | 'ran' | 'counted' | 'positions' | 'rows' | 'min' | 'max' | 'sumOfMins' | 'sumOfMaxs' | 'runs' | 'absmax' | 'sum' | 'sumOfSquares' | 'sumOfAbsolutes'
  | 'histogram' | 'gram' // prettier-ignore

/** A small tensor that leaves the session. */
export interface Tap {
  readonly field: Field
  readonly name: string
  readonly dtype: DataType
  readonly rank: 1 | 2
}

/** A request once its range is known: the second pass of a histogram. */
export interface Measure extends StatisticRequest {
  readonly range?: { readonly from: number; readonly to: number }
  /** Every so many-th element is counted. */
  readonly stride?: number
}

export const defaultBins = 2048

/** Adds the nodes of one measure over a value and returns its taps. `counted` and `positions` are among those of every kind. */
export function emitMeasure(emit: Emitter, value: string, measure: Measure): readonly Tap[] {
  const view = measure.kind === 'gram' ? gramView(emit, value) : viewOf(emit, value, measure.axis)
  return [...counts(emit, view), ...kinds[measure.kind](emit, view, measure)]
}

/** A value arranged for reducing: [left, channels, right] with an axis, [elements] without, [rows, k] for XᵀX. */
interface View {
  readonly x: string
  /** 1 where finite. */
  readonly finite: string
  readonly axes: readonly number[]
  readonly keep: boolean
  /** Rank of what a reduction gives. */
  readonly rank: 1 | 2
}

type Emit = (emit: Emitter, view: View, measure: Measure) => readonly Tap[]

const extremes: Emit = (emit, view) => {
  const min = reduced(emit, view, 'ReduceMin', Infinity)
  const max = reduced(emit, view, 'ReduceMax', -Infinity)
  return [
    tap('min', 'float32', min),
    tap('max', 'float32', max),
    tap('sumOfMins', 'float32', min),
    tap('sumOfMaxs', 'float32', max),
    tap('runs', 'float32', min),
  ]
}

const kinds: Readonly<Record<StatisticRequest['kind'], Emit>> = {
  minmax: extremes,
  absmax(emit, view) {
    const magnitude = { ...view, x: emit.node('Abs', [view.x]) }
    return [tap('absmax', 'float32', reduced(emit, magnitude, 'ReduceMax', 0))]
  },
  // Sums in float64: a float32 sum over a million elements has lost three digits.
  moments(emit, view) {
    const x = emit.cast(masked(emit, view, 0), 'float64')
    const sum = (name: string, op: 'ReduceSum' | 'ReduceSumSquare'): string =>
      emit.reduce(op, name, view.axes, view.keep)
    return [
      tap('sum', 'float64', sum(x, 'ReduceSum')),
      tap('sumOfSquares', 'float64', sum(x, 'ReduceSumSquare')),
      tap('sumOfAbsolutes', 'float64', sum(emit.node('Abs', [x]), 'ReduceSum')),
    ]
  },
  histogram(emit, view, measure) {
    if (measure.axis !== undefined) {
      throw new DamsonError(
        'statistics',
        `Expected a histogram without an axis, got axis ${measure.axis} for "${measure.value}".`,
      )
    }
    return measure.range
      ? [tap('histogram', 'float32', binCounts(emit, view, measure))]
      : extremes(emit, view, measure)
  },
  // XᵀX [k, k] over the rows of the last axis; positions that are not finite count as 0.
  gram(emit, view) {
    const x = masked(emit, view, 0)
    const transposed = emit.node('Transpose', [x], { perm: { type: 'ints', value: [1n, 0n] } })
    const rows = emit.slice(emit.node('Shape', [x]), 0, 1)
    return [
      { field: 'gram', dtype: 'float32', rank: 2, name: emit.node('MatMul', [transposed, x]) },
      tap('rows', 'int64', rows),
    ]
  },
}

/**
 * Counts per bin: floor((x − from) / (to − from) · bins) in float64, the last bin closed. TfidfVectorizer with one-grams
 * counts equal whole numbers in one pass, exactly up to 2²⁴ a bin and run, in every opset (ScatterElements adds from 16 on).
 */
function binCounts(emit: Emitter, whole: View, { bins = defaultBins, range, stride = 1 }: Measure): string {
  const { from, to } = range ?? { from: 0, to: 0 }
  const view =
    stride === 1
      ? whole
      : { ...whole, x: emit.every(whole.x, stride), finite: emit.every(whole.finite, stride) }
  const x = emit.cast(masked(emit, view, from), 'float64')
  const share = emit.node('Div', [
    emit.node('Sub', [x, emit.constant('float64', from)]),
    emit.constant('float64', to - from || 1),
  ])
  const bin = emit.node('Floor', [emit.node('Mul', [share, emit.constant('float64', bins)])])
  const index = emit.cast(bin, 'int32')
  const lastBin = emit.node('Where', [
    emit.node('Less', [index, emit.constant('int32', bins)]),
    index,
    emit.constant('int32', bins - 1),
  ])
  // −1 is in no bin; one is appended so that there is always something to count.
  const kept = emit.node('Where', [view.finite, lastBin, emit.constant('int32', -1)])
  const list = emit.node('Concat', [kept, emit.constant('int32', [-1])], { axis: { type: 'int', value: 0n } })
  const pool = Array.from({ length: bins }, (_, each) => BigInt(each))
  return emit.node('TfIdfVectorizer', [list], {
    mode: { type: 'string', value: 'TF' },
    min_gram_length: { type: 'int', value: 1n },
    max_gram_length: { type: 'int', value: 1n },
    max_skip_count: { type: 'int', value: 0n },
    ngram_counts: { type: 'ints', value: [0n] },
    ngram_indexes: { type: 'ints', value: pool },
    pool_int64s: { type: 'ints', value: pool },
  })
}

function counts(emit: Emitter, { finite, axes, keep, rank }: View): readonly Tap[] {
  const counted = emit.reduce('ReduceSum', emit.cast(finite, 'int32'), axes, keep)
  const positions = emit.reduce('ReduceProd', emit.node('Shape', [finite]), [0], true)
  return [{ field: 'counted', dtype: 'int32', rank, name: counted }, tap('positions', 'int64', positions)]
}

function reduced(emit: Emitter, view: View, op: 'ReduceMin' | 'ReduceMax', neutral: number): string {
  return emit.reduce(op, masked(emit, view, neutral), view.axes, view.keep)
}

function masked(emit: Emitter, { x, finite }: View, instead: number): string {
  return emit.node('Where', [finite, x, emit.constant('float32', instead)])
}

function viewOf(emit: Emitter, value: string, axis: number | undefined): View {
  if (axis === undefined) return finiteView(emit, value, emit.constant('int64', [-1]), [0], true)
  const shape = emit.node('Shape', [value])
  const product = (part: string): string => emit.reduce('ReduceProd', part, [0], true)
  const end = 2 ** 31 - 1
  const last = axis === -1
  const left = product(emit.slice(shape, 0, axis))
  const channels = emit.slice(shape, axis, last ? end : axis + 1)
  const right = last ? emit.constant('int64', [1]) : product(emit.slice(shape, axis + 1, end))
  const three = emit.node('Concat', [left, channels, right], { axis: { type: 'int', value: 0n } })
  return finiteView(emit, value, three, [0, 2], false)
}

function gramView(emit: Emitter, value: string): View {
  const width = emit.slice(emit.node('Shape', [value]), -1, 2 ** 31 - 1)
  const two = emit.node('Concat', [emit.constant('int64', [-1]), width], { axis: { type: 'int', value: 0n } })
  return { ...finiteView(emit, value, two, [0, 1], true), rank: 2 }
}

/** |x| < ∞ is false for NaN, too. */
function finiteView(
  emit: Emitter,
  value: string,
  shape: string,
  axes: readonly number[],
  keep: boolean,
): View {
  const x = emit.node('Reshape', [emit.cast(value, 'float32'), shape])
  const finite = emit.node('Less', [emit.node('Abs', [x]), emit.constant('float32', Infinity)])
  return { x, finite, axes, keep, rank: 1 }
}

function tap(field: Field, dtype: DataType, name: string): Tap {
  return { field, dtype, name, rank: 1 }
}
