// When a region runs and when it does not, as data: `{ 0: 'full', 1: 'reuse', 2: 'forecast' }`. Can be printed, saved, and
// given by hand in place of what an algorithm would choose.
import { record } from '@damson/core'

export type StepKind = 'full' | 'reuse' | 'forecast'

/** By step of the generation; a step that is not named is full. */
export type CacheSchedule = Readonly<Record<string, StepKind>>

/** The parameter by which a schedule is given by hand; empty: the algorithm's own. */
export const scheduleParam = record({
  of: { kind: 'one-of', options: ['full', 'reuse', 'forecast'] },
  default: {},
  live: true,
  doc: 'What each step does, by number: full, reuse or forecast; in place of the schedule that the other parameters make.',
})

/** What a step does by a schedule given by hand; undefined when none is given. */
export function byHand(schedule: CacheSchedule, step: number): StepKind | undefined {
  return Object.keys(schedule).length === 0 ? undefined : (schedule[step] ?? 'full')
}

/** What a step does: by hand, where a schedule is given by hand, else full or not as its own schedule has it. */
export function stepKind(
  hand: CacheSchedule,
  step: number,
  isFull: boolean,
  otherwise: 'reuse' | 'forecast' = 'reuse',
): StepKind {
  return byHand(hand, step) ?? (isFull ? 'full' : otherwise)
}

/** Full before `start`, and at every `interval`-th step from there. */
export function isDue(step: number, interval: number, start = 0): boolean {
  return step < start || (step - start) % interval === 0
}

/** A schedule in one line: F full, r reuse, f forecast. */
export function printSchedule(schedule: CacheSchedule, steps: number): string {
  const letters = { full: 'F', reuse: 'r', forecast: 'f' } as const
  return Array.from({ length: steps }, (_, step) => letters[schedule[step] ?? 'full']).join('')
}
