// Samples for fitting and samples for judging, never the same ones: the first are for the steps that fit, the tail is held
// out for the comparison. Without samples both are made up from the inputs, from different seeds.
import type { Feeds, Model, Sample, Samples } from '@damson/core'
import { feedsFor } from '@damson/runtime'
import { openSamples } from './open-samples.node.ts'

export interface SampleOptions {
  /** File or folder, absolute. */
  readonly samples?: string
  /** How many samples of a part steps fit on. */
  readonly calibrate?: number
  /** Sizes of open dimensions of samples that are made up. */
  readonly dim?: Readonly<Record<string, number>>
}

export interface DividedSamples {
  /** For steps that fit; absent when none were given. */
  readonly given?: Samples
  /** For steps that cannot do without when none were given. */
  readonly madeUp?: Samples
  /** For the comparison, by part; empty for parts that have none to spare. */
  readonly heldOut: ReadonlyMap<string, readonly Feeds[]>
  /** How many samples of a part were gone through by fits so far: 0 when no step looked at any. */
  fitted(): number
}

/** Made-up calibration samples of a part. */
const generated = 8
/** More than this many held-out samples say nothing more. */
const mostHeldOut = 32
/** Far from the seeds of the comparison's own feeds. */
const firstSeed = 1_000_000

/** Divides the samples that were given, or makes some up. Throws `samples`. */
export async function divideSamples(
  model: Model,
  fits: boolean,
  options: SampleOptions,
): Promise<DividedSamples> {
  if (options.samples === undefined) return madeUp(model, options)
  const open = await openSamples(options.samples, model)
  const heldOut = new Map<string, readonly Feeds[]>()
  const seen = new Set<number>()
  const cut = (part: string): number => (fits ? cutOf(open.counts.get(part) ?? 0, options.calibrate) : 0)
  for (const [part, count] of open.counts) {
    const feeds: Feeds[] = []
    const from = cut(part)
    for await (const sample of open.slice(part, from, Math.min(count, from + mostHeldOut)))
      feeds.push(sample.feeds)
    if (feeds.length > 0) heldOut.set(part, feeds)
  }
  return {
    given: part => noted(open.slice(part, 0, cut(part)), cut(part), seen),
    heldOut,
    fitted: () => Math.max(0, ...seen),
  }
}

/** How many of `count` samples are for fitting: as asked, else all but a quarter; all when there is only one. */
export function cutOf(count: number, calibrate: number | undefined): number {
  if (calibrate !== undefined) return Math.min(count, calibrate)
  return count <= 1 ? count : count - Math.min(mostHeldOut, Math.max(1, Math.floor(count / 4)))
}

function madeUp(model: Model, { calibrate = generated, dim }: SampleOptions): DividedSamples {
  const seen = new Set<number>()
  const samplesOf = async function* (part: string): AsyncIterable<Sample> {
    const { graph } = model.part(part)
    for (let at = 0; at < calibrate; at++)
      yield { part, feeds: feedsFor(graph, { seed: firstSeed + at, ...(dim ? { dims: dim } : {}) }) }
  }
  const again = (part: string): AsyncIterable<Sample> => ({
    [Symbol.asyncIterator]: () => samplesOf(part)[Symbol.asyncIterator](),
  })
  return {
    madeUp: part => noted(again(part), calibrate, seen),
    heldOut: new Map(),
    fitted: () => Math.max(0, ...seen),
  }
}

function noted(samples: AsyncIterable<Sample>, count: number, seen: Set<number>): AsyncIterable<Sample> {
  return {
    [Symbol.asyncIterator]() {
      seen.add(count)
      return samples[Symbol.asyncIterator]()
    },
  }
}

/** All samples that were given, by part: for a comparison without steps. Throws `samples`. */
export async function allSamples(path: string, model: Model): Promise<ReadonlyMap<string, readonly Feeds[]>> {
  const open = await openSamples(path, model)
  const all = new Map<string, Feeds[]>()
  for (const [part, count] of open.counts) {
    const feeds: Feeds[] = []
    for await (const sample of open.slice(part, 0, count)) feeds.push(sample.feeds)
    all.set(part, feeds)
  }
  return all
}
