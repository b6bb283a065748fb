// All that is needed of recorded generations: the inner products of latents and outputs of every two steps, summed over
// generations. Any least squares between them follows, and the generations themselves can go.
import { DamsonError } from '@damson/graph'
import type { Trajectory } from './trajectories.ts'

/** A vector as a sum of basis vectors; the basis holds x, u and c of every step. */
export type Combination = ReadonlyMap<number, number>

export interface InnerProducts {
  readonly steps: number
  /** ⟨a, b⟩ summed over all generations. */
  product(a: Combination, b: Combination): number
}

export const basis = {
  x: (step: number): number => 3 * step,
  u: (step: number): number => 3 * step + 1,
  c: (step: number): number => 3 * step + 2,
} as const

/** The products grow with the square of the steps, and what is learnt from them takes a minute at this many. */
const mostSteps = 128

/** Sums the products of generations of `steps` steps. Throws `too-many-steps` above 128. */
export function innerProducts(steps: number): InnerProducts & { add(trajectory: Trajectory): void } {
  if (steps > mostSteps) throw tooManySteps(steps)
  const size = 3 * steps
  const sums = new Float64Array(size * size)
  return {
    steps,
    add(trajectory) {
      const vectors = trajectory.flatMap(({ x, u, c }) => [x, u, c])
      for (let i = 0; i < size; i++) {
        for (let j = 0; j <= i; j++) {
          const value = dot(vectors[i] ?? none, vectors[j] ?? none)
          sums[i * size + j] = (sums[i * size + j] ?? 0) + value
          if (i !== j) sums[j * size + i] = (sums[j * size + i] ?? 0) + value
        }
      }
    },
    product(a, b) {
      let sum = 0
      for (const [i, v] of a) for (const [j, w] of b) sum += v * w * (sums[i * size + j] ?? 0)
      return sum
    },
  }
}

function tooManySteps(steps: number): DamsonError {
  return new DamsonError(
    'too-many-steps',
    `Expected recorded generations of at most ${mostSteps} steps, got one of ${steps}. Record some of fewer steps: what is learnt is stretched over more.`,
  )
}

const none = new Float32Array()

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

/** One basis vector. */
export function unit(index: number): Combination {
  return new Map([[index, 1]])
}

/** Σ wₖ·vₖ */
export function combine(terms: readonly (readonly [number, Combination])[]): Combination {
  const sum = new Map<number, number>()
  for (const [weight, vector] of terms)
    for (const [index, value] of vector) sum.set(index, (sum.get(index) ?? 0) + weight * value)
  return sum
}
