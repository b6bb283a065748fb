// Adds the taps of run after run up, in float64, into one result a value. What it holds does not grow with the runs.
import type { Outputs, StatisticRequest, StatisticResult, TensorData } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { Measured } from './augment.ts'
import { defaultBins, type Field, type Measure } from './measures.ts'

type Combine = (total: number, value: number) => number

const add: Combine = (total, value) => total + value
/** A run without a finite number has an infinite extreme. */
const addFinite: Combine = (total, value) => (Number.isFinite(value) ? total + value : total)
const countFinite: Combine = (total, value) => (Number.isFinite(value) ? total + 1 : total)

/** How each field grows, and what it starts from. */
const growth = {
  counted: { start: 0, combine: add },
  positions: { start: 0, combine: add },
  rows: { start: 0, combine: add },
  min: { start: Infinity, combine: Math.min },
  max: { start: -Infinity, combine: Math.max },
  sumOfMins: { start: 0, combine: addFinite },
  sumOfMaxs: { start: 0, combine: addFinite },
  runs: { start: 0, combine: countFinite },
  absmax: { start: 0, combine: Math.max },
  sum: { start: 0, combine: add },
  sumOfSquares: { start: 0, combine: add },
  sumOfAbsolutes: { start: 0, combine: add },
  histogram: { start: 0, combine: add },
  gram: { start: 0, combine: add },
} satisfies Record<Exclude<Field, 'ran'>, { start: number; combine: Combine }>

export interface Totals {
  add(outputs: Outputs): void
  /** Every so many-th element that a histogram counts of a run. */
  stride(measure: Measure): number
  /** The range that a histogram is counted in. */
  range(measure: Measure): { readonly from: number; readonly to: number }
  results(requests: readonly StatisticRequest[]): ReadonlyMap<string, StatisticResult>
}

type Sums = Map<Field, Float64Array>

export function openTotals(measured: readonly Measured[]): Totals {
  const sums = new Map<Measure, Sums>(measured.map(({ measure }) => [measure, new Map()]))
  const field = (measure: Measure, name: Field): Float64Array | undefined => sums.get(measure)?.get(name)
  return {
    add(outputs) {
      for (const { measure, taps } of measured) {
        const flag = taps.find(tap => tap.field === 'ran')
        if (flag && Number(outputs[flag.name]?.data[0] ?? 0) === 0) continue
        for (const tap of taps) {
          const tensor = outputs[tap.name]
          const own = sums.get(measure)
          if (tap.field !== 'ran' && tensor && own) grow(own, tap.field, tensor, measure)
        }
      }
    },
    stride(measure) {
      const [counted = 0] = field(measure, 'counted') ?? []
      const [runs = 1] = field(measure, 'runs') ?? []
      const most = measure.most ?? Infinity
      // Odd, so that it does not keep step with sizes that are powers of two.
      return 2 * Math.floor(counted / Math.max(runs, 1) / most / 2) + 1
    },
    range(measure) {
      const [from = 0] = field(measure, 'min') ?? []
      const [to = 0] = field(measure, 'max') ?? []
      const limit = Math.max(Math.abs(from), Math.abs(to))
      if (measure.symmetric === true && from <= to) return { from: -limit, to: limit }
      return from <= to ? { from, to } : { from: 0, to: 0 }
    },
    results(requests) {
      const results = new Map<string, StatisticResult>()
      for (const request of requests) {
        const measure = measured.find(each => each.measure === request)?.measure
        const own = measure && sums.get(measure)
        if (measure && own)
          results.set(request.value, { ...results.get(request.value), ...resultOf(measure, own) })
      }
      return results
    },
  }
}

function grow(sums: Sums, field: Exclude<Field, 'ran'>, tensor: TensorData, measure: Measure): void {
  const { start, combine } = growth[field]
  const { data } = tensor
  let total = sums.get(field)
  if (!total) sums.set(field, (total = new Float64Array(data.length).fill(start)))
  if (total.length !== data.length) {
    throw new DamsonError(
      'statistics',
      `Expected ${total.length} results for "${measure.value}" in every run, got ${data.length}: its axis ` +
        `${measure.axis ?? 'last'} is not the same size in all samples.`,
    )
  }
  for (let at = 0; at < data.length; at++) total[at] = combine(total[at] ?? start, Number(data[at]))
}

function resultOf(measure: Measure, sums: Sums): StatisticResult {
  const counted = sums.get('counted') ?? new Float64Array(1)
  const count = counted.reduce(add, 0)
  const excluded = (sums.get('positions')?.[0] ?? 0) - count
  const common = { count, excluded, ...(measure.axis === undefined ? {} : { counts: counted }) }
  if (measure.kind === 'histogram' && measure.range) {
    const { from, to } = measure.range
    const counts = sums.get('histogram') ?? new Float64Array(measure.bins ?? defaultBins)
    return { ...common, histogram: { counts, from, to } }
  }
  const rows = sums.get('rows')?.[0]
  const runs = sums.get('runs')?.[0]
  const fields = [...sums].filter(
    ([field]) => !['ran', 'counted', 'positions', 'rows', 'runs', 'histogram'].includes(field),
  )
  return {
    ...common,
    ...Object.fromEntries(fields),
    ...(rows === undefined ? {} : { rows }),
    ...(runs === undefined ? {} : { runs }),
  }
}
