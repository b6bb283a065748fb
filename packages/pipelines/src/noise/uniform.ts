// Uniform numbers that are a function of seed and position alone, for draws that are made one at a time.
import { philox } from './philox.ts'

/** A number in 0…1, neither of them; of the place `index` in the draws of `seed`. */
export function uniform(seed: number, index: number): number {
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0] as const
  const [word] = philox([index >>> 0, 0, 0, 1], key)
  return (word + 0.5) / 2 ** 32
}
