// What calibration sees of values in one pass over the samples and one session: the extremes of every run, and some thousand
// numbers of each, evenly spread over the value, from which a histogram grows whose limit doubles when a larger number comes.
// What it holds does not grow with the samples. Numbers that are not finite count as 0, which every range holds anyway.
import type { Feeds, Live, StatisticResult, TensorData } from '@damson/core'
import type { Graph } from '@damson/graph'
import { extremesName, meansName, numbersName, tapped, type Channels } from './taps.ts'

/** Even; limits are up to twice the largest number, so at least a quarter of them lies on each side that has numbers. */
const bins = 4096

export interface Seen {
  /** By value. */
  readonly values: ReadonlyMap<string, StatisticResult>
  /** [channels] by value. */
  readonly means: ReadonlyMap<string, Float64Array>
  /** How many there were. */
  readonly samples: number
}

/** Goes through the samples once. */
export async function inOnePass(
  open: (graph: Graph) => Promise<Live>,
  graph: Graph,
  asked: { readonly values: Iterable<string>; readonly channels: readonly Channels[] },
  samples: AsyncIterable<{ readonly feeds: Feeds }>,
): Promise<Seen> {
  const values = [...asked.values]
  const live = await open(tapped(graph, values, asked.channels))
  const totals = new Map(values.map(value => [value, new Totals()]))
  const sums = new Map<string, Float64Array>()
  let runs = 0
  try {
    for await (const { feeds } of samples) {
      const outputs = await live.run('main', feeds)
      values.forEach((value, at) =>
        totals.get(value)?.add(outputs[extremesName(at)], outputs[numbersName(at)]),
      )
      asked.channels.forEach(({ value }, at) =>
        sums.set(value, added(sums.get(value), outputs[meansName(at)])),
      )
      runs++
    }
  } finally {
    await live.close()
  }
  return {
    values: new Map([...totals].map(([value, total]) => [value, total.result()])),
    means: new Map([...sums].map(([value, sum]) => [value, sum.map(each => each / runs)])),
    samples: runs,
  }
}

/** What adds up over the runs of one value. */
class Totals {
  #min = Infinity
  #max = -Infinity
  #sumOfMins = 0
  #sumOfMaxs = 0
  #runs = 0
  #count = 0
  #limit = 0
  #counts = new Float64Array(bins)

  add(extremes: TensorData | undefined, numbers: TensorData | undefined): void {
    const [min = 0, max = 0, count = 0] = Array.from(extremes?.data ?? [], Number)
    if (count === 0) return
    this.#min = Math.min(this.#min, min)
    this.#max = Math.max(this.#max, max)
    this.#sumOfMins += min
    this.#sumOfMaxs += max
    this.#count += count
    this.#runs++
    this.#reach(Math.max(-min, max))
    if (!(numbers?.data instanceof Float32Array) || this.#limit === 0) return
    const perNumber = bins / (2 * this.#limit)
    for (const x of numbers.data) {
      const bin = Math.min(bins - 1, Math.floor((x + this.#limit) * perNumber))
      this.#counts[bin] = (this.#counts[bin] ?? 0) + 1
    }
  }

  /** Doubles the limit until it is large enough: bin i of 2L/n goes to bin (i + n/2) / 2 of 4L/n. */
  #reach(magnitude: number): void {
    if (this.#limit === 0) this.#limit = magnitude
    while (this.#limit > 0 && magnitude > this.#limit) {
      const wide = new Float64Array(bins)
      this.#counts.forEach(
        (count, at) => (wide[(at + bins / 2) >> 1] = (wide[(at + bins / 2) >> 1] ?? 0) + count),
      )
      this.#counts = wide
      this.#limit *= 2
    }
  }

  result(): StatisticResult {
    const one = (value: number): Float64Array => Float64Array.of(value)
    return {
      count: this.#count,
      excluded: 0,
      min: one(this.#min),
      max: one(this.#max),
      sumOfMins: one(this.#sumOfMins),
      sumOfMaxs: one(this.#sumOfMaxs),
      runs: this.#runs,
      histogram: { counts: this.#counts, from: -this.#limit, to: this.#limit },
    }
  }
}

function added(sum: Float64Array | undefined, means: TensorData | undefined): Float64Array {
  const own = Float64Array.from(means?.data ?? [], Number)
  return sum ? sum.map((each, at) => each + (own[at] ?? 0)) : own
}
