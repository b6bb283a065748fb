// The cachers that are measured, each over the settings between which a user would choose.
import type { Step } from '@damson/core'
import {
  adaptiveCache, autoCache, deepCache, fasterCache, firstBlock, fora, pab, periodicCache, taylorSeer, teaCache,
} from '@damson/cachers' // prettier-ignore

export interface CacherSetting {
  /** The export's name. */
  readonly cacher: string
  readonly setting: string
  readonly step: Step
}

type Make = (on: { readonly parts: readonly string[] }) => readonly CacherSetting[]

const over =
  <V>(
    cacher: string,
    values: readonly V[],
    word: (value: V) => string,
    step: (value: V, on: { readonly parts: readonly string[] }) => Step,
  ): Make =>
  on =>
    values.map(value => ({ cacher, setting: word(value), step: step(value, on) }))

const everyNth = (value: number): string => `interval ${value}`

const tables: readonly Make[] = [
  over('autoCache', [0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1], value => `speed factor ${value}`, (speedFactor, on) => autoCache({ speedFactor }, on)),
  over('taylorSeer', [2, 3, 4, 5], value => `output, ${everyNth(value)}`, (interval, on) => taylorSeer({ interval, scope: 'output' }, on)),
  over('taylorSeer', [2, 3, 4, 5], everyNth, (interval, on) => taylorSeer({ interval }, on)),
  over('deepCache', [2, 3, 5], everyNth, (interval, on) => deepCache({ interval }, on)),
  over('fora', [2, 3, 5], everyNth, (interval, on) => fora({ interval }, on)),
  over('pab', [2, 4], value => `spatial ${value}`, (spatial, on) => pab({ spatial }, on)),
  over('fasterCache', [2, 3], everyNth, (interval, on) => fasterCache({ interval }, on)),
  over('firstBlock', [0.05, 0.08, 0.12, 0.2], value => `threshold ${value}`, (threshold, on) => firstBlock({ threshold }, on)),
  over('teaCache', [0.1, 0.25, 0.4, 0.6], value => `threshold ${value}`, (threshold, on) => teaCache({ threshold }, on)),
  over('adaptiveCache', [0.01, 0.03, 0.1], value => `threshold ${value}`, (threshold, on) => adaptiveCache({ threshold }, on)),
  over('periodicCache', [2, 3, 4], everyNth, (interval, on) => periodicCache({ interval }, on)),
] // prettier-ignore

/** Every setting of every cacher, at work on one part. */
export function cacherSettings(part: string): readonly CacherSetting[] {
  return tables.flatMap(make => make({ parts: [part] }))
}
