// Which sources of noise matter. Powers of independent noise add up, so sets are halved as long as they carry a good part of
// it: few runs where few sources matter, and a bound on them everywhere.
import type { Feeds, Live, Outputs } from '@damson/core'

export interface Measuring {
  readonly live: Live
  readonly input: string
  readonly count: number
  /** Re-iterable; the first few samples. */
  readonly samples: () => AsyncIterable<Feeds>
  readonly signal: AbortSignal
  readonly progress: (done: number) => void
}

/** Sets measured at most. */
const mostSets = 64
/** A set with less than this share of all noise is not split. */
const smallShare = 0.01

interface Part {
  readonly from: number
  readonly to: number
  /** Noise over signal, of all float outputs together. */
  readonly noise: number
}

/** Noise over signal that each source adds to the outputs, in order. A set that was not split shares its noise evenly. */
export async function noiseShares(measuring: Measuring): Promise<Float64Array> {
  const { count } = measuring
  let measured = 0
  const measure = async (ranges: readonly { from: number; to: number }[]): Promise<readonly Part[]> => {
    const noises = await noiseOf(measuring, ranges)
    measuring.progress((measured += ranges.length))
    return ranges.map((range, at) => ({ ...range, noise: noises[at] ?? 0 }))
  }
  const [whole] = await measure([{ from: 0, to: count }])
  const settled: Part[] = []
  let open = whole ? [whole] : []
  const room = (): number => Math.max(0, Math.floor((mostSets - measured) / 2))
  while (open.length > 0) {
    const halves = open.flatMap(({ from, to }) => {
      const middle = (from + to) >> 1
      return [{ from, to: middle }, { from: middle, to }]
    })
    const parts = await measure(halves)
    const total = whole?.noise ?? 0
    const goesOn = (part: Part): boolean => part.to - part.from > 1 && part.noise > smallShare * total
    settled.push(...parts.filter(part => !goesOn(part)))
    const going = parts.filter(goesOn).toSorted((a, b) => b.noise - a.noise)
    settled.push(...going.slice(room()))
    open = going.slice(0, room())
  }
  settled.push(...open)
  const shares = new Float64Array(count)
  for (const { from, to, noise } of settled) shares.fill(noise / (to - from), from, to)
  return shares
} // prettier-ignore

async function noiseOf(
  { live, input, count, samples, signal }: Measuring,
  ranges: readonly { readonly from: number; readonly to: number }[],
): Promise<readonly number[]> {
  const run = (feeds: Feeds, from: number, to: number): Promise<Outputs> => {
    const on = new Uint8Array(count).fill(1, from, to)
    return live.run('main', { ...feeds, [input]: { dtype: 'bool', shape: [count], data: on } }, { signal })
  }
  const signals = new Map<string, number>()
  const noises = ranges.map(() => new Map<string, number>())
  for await (const feeds of samples()) {
    const want = await run(feeds, 0, 0)
    for (const [name, power] of powers(want)) signals.set(name, (signals.get(name) ?? 0) + power)
    for (const [at, { from, to }] of ranges.entries()) {
      const got = await run(feeds, from, to)
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
