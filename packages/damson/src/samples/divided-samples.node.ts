// Samples for fitting and samples for judging, never the same ones: the first are for the steps that fit, the tail is held
// out for the comparison. Without samples both are made up from the inputs, from different seeds.
import type { Feeds, Model, Sample, Samples } from '@damson/core'
import { feedsFor } from '@damson/runtime'
import { openSamples, type OpenSamples } from './open-samples.node.ts'
import type { RecordingOptions } from './recorded-lines.node.ts'

export interface SampleOptions extends RecordingOptions {
  /** File or folder, absolute. */
  readonly samples?: string
  /** How many samples of a part steps fit on; of those that a pipeline made, generations. */
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
  /** Frees what was recorded. */
  close(): Promise<void>
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
  const open = await openSamples(options.samples, model, options)
  const heldOut = new Map<string, readonly Feeds[]>()
  const seen = new Set<number>()
  const cut = (part: string): number => {
    const groups = open.groups.get(part) ?? []
    return fits ? total(groups.slice(0, cutOf(groups.length, options.calibrate))) : 0
  }
  for (const part of open.groups.keys()) {
    const feeds = await spread(open, part, cut(part), mostHeldOut)
    if (feeds.length > 0) heldOut.set(part, feeds)
  }
  return {
    given: part => noted(open.slice(part, 0, cut(part)), cut(part), seen),
    heldOut,
    fitted: () => Math.max(0, ...seen),
    close: () => open.close(),
  }
}

/** At most `most` samples of a part from one place to the end, evenly spread: the calls of one generation are alike. */
async function spread(
  open: OpenSamples,
  part: string,
  from: number,
  most: number,
): Promise<readonly Feeds[]> {
  const end = total(open.groups.get(part) ?? [])
  const every = Math.max(1, (end - from) / most)
  const feeds: Feeds[] = []
  let at = 0
  for await (const sample of open.slice(part, from, end)) {
    if (at >= feeds.length * every) feeds.push(sample.feeds)
    at++
  }
  return feeds
}

function total(groups: readonly number[]): number {
  return groups.reduce((sum, size) => sum + size, 0)
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
    close: async () => {},
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

/** Samples that were given, by part, for a comparison without steps: all, of recorded calls some. Throws `samples`. */
export async function allSamples(
  path: string,
  model: Model,
  options: RecordingOptions,
): Promise<ReadonlyMap<string, readonly Feeds[]>> {
  const open = await openSamples(path, model, options)
  const all = new Map<string, readonly Feeds[]>()
  for (const part of open.groups.keys())
    all.set(part, await spread(open, part, 0, open.recorded ? mostHeldOut : Infinity))
  await open.close()
  return all
}
