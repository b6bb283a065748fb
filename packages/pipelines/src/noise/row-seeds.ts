// Which seed each row of a batch has: its own, so that a row gives what it gives alone.
import { DamsonError } from '@damson/graph'

/** One seed a row: those given, or the given one and the next ones. Throws `input`. */
export function rowSeeds(seed: number | readonly number[], rows: number): readonly number[] {
  const seeds = typeof seed === 'number' ? Array.from({ length: rows }, (_, row) => seed + row) : seed
  if (seeds.length === rows && seeds.every(each => Number.isSafeInteger(each) && each >= 0)) return seeds
  throw new DamsonError('input', `Expected ${rows} seeds, whole numbers from 0, got ${JSON.stringify(seed)}.`)
}
