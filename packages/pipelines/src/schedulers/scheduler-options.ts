// Reading `scheduler_config.json`: each option has the default of diffusers, and a value that is not understood is an error.
import { DamsonError } from '@damson/graph'
import type { SchedulerConfig } from './scheduler.ts'

/** A number, or the default when absent or null. */
export function numberOption(config: SchedulerConfig, key: string, standard: number): number {
  const value = config[key] ?? standard
  if (typeof value === 'number') return value
  throw optionError(key, 'a number', value)
}

export function flagOption(config: SchedulerConfig, key: string, standard: boolean): boolean {
  const value = config[key] ?? standard
  if (typeof value === 'boolean') return value
  throw optionError(key, 'true or false', value)
}

/** One of the words that this scheduler knows. */
export function choiceOption<T extends string>(
  config: SchedulerConfig,
  key: string,
  choices: readonly T[],
  standard: T,
): T {
  const value = config[key] ?? standard
  const found = choices.find(choice => choice === value)
  if (found !== undefined) return found
  throw optionError(key, choices.join(', '), value)
}

export function numbersOption(config: SchedulerConfig, key: string): readonly number[] | undefined {
  const value = config[key] ?? undefined
  if (value === undefined) return undefined
  if (Array.isArray(value) && value.every(each => typeof each === 'number')) return value
  throw optionError(key, 'a list of numbers', value)
}

/** Refuses options that would change the result and are not implemented. */
export function refuseOptions(config: SchedulerConfig, keys: readonly string[]): void {
  const set = keys.find(key => config[key] !== undefined && config[key] !== null && config[key] !== false)
  if (set !== undefined) throw optionError(set, 'it to be off', config[set])
}

export function optionError(key: string, expected: string, got: unknown): DamsonError {
  return new DamsonError(
    'scheduler-option',
    `Scheduler option "${key}": expected ${expected}, got ${JSON.stringify(got)}. ` +
      'Choose another scheduler, or change scheduler_config.json.',
    { details: { option: key } },
  )
}

/** Throws unless `steps` is a whole number from 1 to `most`. */
export function checkSteps(steps: number, most: number): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= most) return
  throw new DamsonError('scheduler-option', `Expected 1 to ${most} steps, got ${steps}.`)
}
