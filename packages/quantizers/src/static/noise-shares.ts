// Which sources of noise matter. Powers of independent noise add up, so sets are halved as long as they carry a good part of
// it: few runs where few sources matter, and a bound on them everywhere.
import type { Feeds, Live, Outputs } from '@damson/core'

export interface Measuring {
  readonly live: Live
  readonly input: string
  readonly count: number
  /** The first few. */
  readonly samples: readonly Feeds[]
  readonly signal: AbortSignal
  readonly progress: (done: number) => void
}

/** Sets measured at most, the loudest first, so many at a time. */
const mostSets = 100
const atOnce = 4
/** A set with less than this share of all noise is not split. */
const smallShare = 0.01

/** Sources in order. */
interface Range {
  readonly from: number
  readonly to: number
}

interface Part extends Range {
  /** Noise over signal, of all float outputs together. */
  readonly noise: number
}

/** Noise over signal that each source adds to the outputs, in order. A set that was not split shares its noise evenly. */
export async function noiseShares(measuring: Measuring): Promise<Float64Array> {
  const { count } = measuring
  let measured = 0
  const wanted = await outputsOf(measuring)
  const measure = async (ranges: readonly Range[]): Promise<readonly Part[]> => {
    const noises = await noiseOf(measuring, wanted, ranges)
    measuring.progress((measured += ranges.length))
    return ranges.map((range, at) => ({ ...range, noise: noises[at] ?? 0 }))
  }
  const [whole] = await measure([{ from: 0, to: count }])
  const parts = whole ? [whole] : []
  const least = smallShare * (whole?.noise ?? 0)
  for (;;) {
    const loudest = parts.filter(({ from, to, noise }) => to - from > 1 && noise > least).toSorted((a, b) => b.noise - a.noise).slice(0, atOnce)
    if (loudest.length === 0 || measured >= mostSets) break
    for (const part of loudest) parts.splice(parts.indexOf(part), 1)
    parts.push(...(await measure(loudest.flatMap(halvesOf))))
  }
  const shares = new Float64Array(count)
  for (const { from, to, noise } of parts) shares.fill(noise / (to - from), from, to)
  return shares
} // prettier-ignore

function halvesOf({ from, to }: Range): readonly Range[] {
  const middle = (from + to) >> 1
  return [
    { from, to: middle },
    { from: middle, to },
  ]
}

/** What the samples give with nothing on. */
async function outputsOf(measuring: Measuring): Promise<readonly Outputs[]> {
  const outputs: Outputs[] = []
  for (const feeds of measuring.samples) outputs.push(await run(measuring, feeds, { from: 0, to: 0 }))
  return outputs
}

function run({ live, input, count, signal }: Measuring, feeds: Feeds, { from, to }: Range): Promise<Outputs> {
  const on = new Uint8Array(count).fill(1, from, to)
  return live.run('main', { ...feeds, [input]: { dtype: 'bool', shape: [count], data: on } }, { signal })
}

async function noiseOf(
  measuring: Measuring,
  wanted: readonly Outputs[],
  ranges: readonly Range[],
): Promise<readonly number[]> {
  const signals = new Map<string, number>()
  const noises = ranges.map(() => new Map<string, number>())
  for (const [sample, feeds] of measuring.samples.entries()) {
    const want = wanted[sample] ?? {}
    for (const [name, power] of powers(want)) signals.set(name, (signals.get(name) ?? 0) + power)
    for (const [at, range] of ranges.entries()) {
      const got = await run(measuring, feeds, range)
      const own = noises[at]
      for (const [name, power] of powers(want, got)) own?.set(name, (own.get(name) ?? 0) + power)
    }
  }
  return noises.map(own => [...own].reduce((sum, [name, noise]) => sum + noise / (signals.get(name) || 1), 0))
}

/** Σ y², or Σ (y − ŷ)² where others are given, of every float32 output over its finite positions. */
function powers(want: Outputs, got?: Outputs): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const [name, { dtype, data }] of Object.entries(want)) {
    if (dtype !== 'float32') continue
    const other = got?.[name]?.data
    let sum = 0
    for (let at = 0; at < data.length; at++) {
      const value = Number(data[at])
      if (!Number.isFinite(value)) continue
      const off = other ? value - Number(other[at]) : value
      sum += Number.isFinite(off) ? off * off : value * value
    }
    found.set(name, sum)
  }
  return found
}
