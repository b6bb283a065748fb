// Ranges against ONNX Runtime's calibrators (golden, tooling/peers/static-ranges-golden.py), and what only ours do.
import type { Feeds, StatisticResult } from '@damson/core'
import { onnx } from '@damson/graph'
import { goldenJson } from '@damson/testing'
import { createRuntime } from '@damson/runtime'
import { afterAll, describe, expect, test } from 'vitest'
import { activationRange, type Calibration, type Observed, type Range } from './activation-range.ts'
import { entropyRange } from './entropy-range.ts'
import { leastErrorRange } from './least-error-range.ts'
import { histograms, observedOf } from './observe.ts'
import { inOnePass, type Seen } from './one-pass.ts'
import type { Channels } from './taps.ts'

interface Golden {
  readonly samples: readonly (readonly number[])[]
  readonly ranges: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>
}
const isGolden = (value: unknown): value is Golden =>
  typeof value === 'object' && value !== null && 'samples' in value && 'ranges' in value

const read = await goldenJson('../../test/golden/static-ranges.json', import.meta.url)
const golden: Golden = isGolden(read) ? read : { samples: [], ranges: {} }

const runtime = createRuntime()
afterAll(() => runtime.close())

const graph = onnx`<ir_version: 8, opset_import: ["" : 17]>
g (float[1,n] x) => (float[1,n] y) { r = Relu(x)  q = Mul(x, r)  y = Sub(q, x) }`

const onePass = (values: readonly string[], channels: readonly Channels[] = []): Promise<Seen> => {
  const fed = { async *[Symbol.asyncIterator]() { for await (const feeds of samples) yield { feeds } } }
  return inOnePass(graph => runtime.open(graph), graph, { values, channels }, fed)
} // prettier-ignore

const samples: AsyncIterable<Feeds> = {
  async *[Symbol.asyncIterator]() {
    for (const each of golden.samples) {
      yield {
        x: { dtype: 'float32', shape: [1, each.length], data: Float32Array.from(each, value => value / 256) },
      }
    }
  },
}

const seenOf = async (value: string, rule: Calibration): Promise<ReadonlyMap<string, StatisticResult>> => {
  if (rule === 'percentile' || rule === 'entropy')
    return runtime.statistics(graph, histograms([value], rule), samples)
  return (await onePass([value])).values
}

const rangeOf = async (value: string, rule: Calibration): Promise<Range> => {
  const observed = observedOf((await seenOf(value, rule)).get(value))
  return observed ? activationRange(observed, rule, 256, undefined) : { min: NaN, max: NaN }
}

describe.each(['minmax', 'percentile', 'entropy'] as const)('%s', rule => {
  test.each(['r', 'q', 'y'] as const)('%s has the range of ONNX Runtime', async value => {
    const { min, max } = await rangeOf(value, rule)
    const [low = NaN, high = NaN] = golden.ranges[rule]?.[value] ?? []
    // Edges of bins are float32 there.
    expect(Math.abs(min - low)).toBeLessThan(1e-5)
    expect(Math.abs(max - high)).toBeLessThan(1e-5)
  })
})

test('a moving average is the mean over samples', async () => {
  const extremes = golden.samples.map(each => ({
    min: Math.min(...each) / 256,
    max: Math.max(...each) / 256,
  }))
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length
  const { min, max } = await rangeOf('x', 'moving-average')
  expect(min).toBeCloseTo(mean(extremes.map(each => each.min)), 5)
  expect(max).toBeCloseTo(mean(extremes.map(each => each.max)), 5)
})

test('with as many bins as codes the entropy rule takes everything, as ONNX Runtime by default', () => {
  const counts = Float64Array.from({ length: 128 }, (_, at) => Math.exp(-((at - 64) ** 2) / 40))
  expect(entropyRange({ counts, limit: 3 })).toEqual({ min: -3, max: 3 })
})

/** Counts of a function of the bin's middle over [−limit, limit]. */
const histogram = (
  limit: number,
  density: (x: number) => number,
): { counts: Float64Array; limit: number } => ({
  counts: Float64Array.from({ length: 2048 }, (_, at) => density(-limit + ((at + 0.5) * 2 * limit) / 2048)),
  limit,
})

/** Squared error of coding every bin's middle, the long way. */
const errorOf = (
  { counts, limit }: ReturnType<typeof histogram>,
  { min, max }: Range,
  curve: (x: number) => number,
): number => {
  const step = (max - min) / 255
  return counts.reduce((sum, n, at) => {
    const x = -limit + ((at + 0.5) * 2 * limit) / counts.length
    const coded = Math.min(max, Math.max(min, min + Math.round((x - min) / step) * step))
    return sum + n * (curve(coded) - curve(x)) ** 2
  }, 0)
}

describe('least error', () => {
  const bell = (x: number): number => 1000 * Math.exp(-x * x)
  test('a lone outlier is cut off, and the error is less', () => {
    const seen = histogram(40, x => bell(x) + (x > 39.97 ? 1e-6 : 0))
    const range = leastErrorRange(seen, { min: -40, max: 40 }, 256)
    expect(range.max).toBeLessThan(10)
    const whole = errorOf(seen, { min: -40, max: 40 }, x => x)
    expect(errorOf(seen, range, x => x)).toBeLessThan(whole / 8)
  })
  test('what the next function makes flat takes no codes', () => {
    const silu = (x: number): number => x / (1 + Math.exp(-x))
    const seen = histogram(30, x => (x < 5 ? 1 : 0))
    const bounds = { min: -30, max: 5 }
    const { min } = leastErrorRange(seen, bounds, 256, silu)
    expect(min).toBeGreaterThan(-15)
    expect(leastErrorRange(seen, bounds, 256).min).toBeLessThan(-25)
    expect(errorOf(seen, { min, max: 5 }, silu)).toBeLessThan(errorOf(seen, bounds, silu) / 2)
  })
})

describe('one pass', () => {
  test('counts of a value of few numbers are those of all of them, also when the limit doubles', async () => {
    const { values } = await onePass(['x'])
    const {
      histogram: { counts, to },
      count,
    } = required(values.get('x'))
    const all = golden.samples.flat().map(each => each / 256)
    expect(count).toBe(all.length)
    expect(to).toBeGreaterThanOrEqual(Math.max(...all.map(Math.abs)))
    const want = new Float64Array(counts.length)
    for (const x of all) {
      const bin = Math.min(counts.length - 1, Math.floor(((x + to) / (2 * to)) * counts.length))
      want[bin] = (want[bin] ?? 0) + 1
    }
    // Numbers on the edge of a bin may round to the other side.
    const moved = counts.reduce((sum, n, at) => sum + Math.abs(n - (want[at] ?? 0)), 0)
    expect(moved).toBeLessThanOrEqual(12)
  })
  test('means are of channels', async () => {
    const { means } = await onePass([], [{ value: 'x', axis: 0, rank: 2 }])
    const mean = golden.samples.map(each => each.reduce((a, b) => a + b, 0) / 256 / each.length)
    expect(means.get('x')?.[0]).toBeCloseTo(mean.reduce((a, b) => a + b, 0) / mean.length, 5)
  })
})

function required(seen: StatisticResult | undefined): Required<Pick<StatisticResult, 'histogram' | 'count'>> {
  if (!seen?.histogram) throw new Error('expected a histogram')
  return { histogram: seen.histogram, count: seen.count }
}

test('a value of which nothing finite was seen has no observation', () => {
  const none: Observed | undefined = observedOf({
    count: 0,
    excluded: 3,
    min: Float64Array.of(Infinity),
    max: Float64Array.of(-Infinity),
  })
  expect(none).toBeUndefined()
})
