// What is learnt against naive twins: all choices of full steps tried one by one on the vectors themselves, and a sampler whose
// guidance and steps are known.
import { seededNormal } from '@damson/testing'
import { describe, expect, test } from 'vitest'
import { innerProducts } from './inner-products.ts'
import { learnSchedules, learnWeights } from './learn-schedules.ts'
import { samplerSteps } from './sampler-steps.ts'
import type { Moment } from './trajectories.ts'

const length = 40

/** An Euler sampler with guidance 3 over outputs that turn: x' = x + h·(u + 3·(c − u)). */
function trajectory(seed: number, steps: number, h: number): readonly Moment[] {
  const [a, b, d] = [0, 1, 2].map(at => seededNormal(seed * 10 + at, length))
  const moments: Moment[] = []
  let x = seededNormal(seed * 10 + 3, length)
  for (let step = 0; step < steps; step++) {
    const at = (step / steps) * 2
    const u = Float32Array.from(
      { length },
      (_, i) => (a?.[i] ?? 0) * Math.cos(at) + (b?.[i] ?? 0) * Math.sin(at),
    )
    const c = Float32Array.from(
      { length },
      (_, i) => (u[i] ?? 0) + 0.3 * (d?.[i] ?? 0) * Math.exp(-at) + 0.1 * (x[i] ?? 0),
    )
    moments.push({ x, u, c })
    x = x.map((value, i) => value + h * ((u[i] ?? 0) + 3 * ((c[i] ?? 0) - (u[i] ?? 0))))
  }
  return moments
}

function learnt(steps: number): {
  products: ReturnType<typeof innerProducts>
  runs: readonly (readonly Moment[])[]
} {
  const products = innerProducts(steps)
  const runs = [1, 2, 3].map(seed => trajectory(seed, steps, -0.1))
  for (const run of runs) products.add(run)
  return { products, runs }
}

test('guidance and effects of a sampler are read off its generations', () => {
  const { guidance, effects } = samplerSteps(learnt(8).products)
  expect(guidance).toBeCloseTo(3, 3)
  for (const effect of effects) expect(effect).toBeCloseTo(-0.1, 4)
})

describe('schedules', () => {
  const steps = 7
  const { products, runs } = learnt(steps)
  const schedules = learnSchedules(products)

  /** ‖Σ effect·(o − f)‖² between full steps, by the vectors themselves and the weights of a schedule. */
  function costOf(full: readonly number[], weights: readonly (readonly number[])[]): number {
    let cost = 0
    for (const run of runs) {
      const output = (step: number): Float64Array =>
        Float64Array.from(
          { length },
          (_, i) => (run[step]?.u[i] ?? 0) + 3 * ((run[step]?.c[i] ?? 0) - (run[step]?.u[i] ?? 0)),
        )
      let sum = new Float64Array(length)
      const square = (): number => sum.reduce((total, value) => total + value * value, 0)
      for (let step = 1; step < steps; step++) {
        if (full.includes(step)) {
          cost += square()
          sum = new Float64Array(length)
          continue
        }
        const [h0 = 0, h1] = full.filter(each => each < step).reverse()
        const [w0 = 0, w1 = 0, v = 0] = weights[step] ?? []
        const [o, last, before] = [output(step), output(h0), output(h1 ?? h0)]
        const x = run[h0]?.x
        sum = sum.map(
          (value, i) =>
            value - 0.1 * ((o[i] ?? 0) - w0 * (last[i] ?? 0) - w1 * (before[i] ?? 0) - v * (x?.[i] ?? 0)),
        )
      }
      cost += square()
    }
    return cost
  }

  test('there is one for every number of runs; all of them cost nothing', () => {
    expect(schedules.map(({ full }) => full.length)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(schedules[6]?.error).toBeLessThan(1e-12)
    const errors = schedules.map(({ error }) => error)
    expect([...errors].sort((a, b) => b - a)).toEqual(errors)
  })

  test('the error is that of the vectors, and no other choice of steps has a smaller one', () => {
    const outputs = runs
      .flat()
      .map(({ u, c }) => Array.from(u, (value, i) => 0.1 * (value + 3 * ((c[i] ?? 0) - value))))
    const whole = outputs.flat().reduce((sum, value) => sum + value * value, 0)
    for (const { full, weights, error } of schedules.slice(1, 5)) {
      expect(costOf(full, weights) / whole).toBeCloseTo(error, 5)
      for (const other of choices(full.length)) {
        expect(learnWeights(products, other).error).toBeGreaterThanOrEqual(error - 1e-9)
      }
    }
  })

  /** Every set of so many steps with step 0 among them. */
  function choices(count: number): readonly (readonly number[])[] {
    const all = Array.from({ length: 2 ** (steps - 1) }, (_, bits) => [0, ...Array.from({ length: steps - 1 }, (_, at) => at + 1).filter(step => bits & (1 << (step - 1)))]) // prettier-ignore
    return all.filter(each => each.length === count)
  }
})
