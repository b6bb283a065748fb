// Every scheduler against diffusers, on a fake denoiser that both sides compute alike: timesteps, noise levels, start scale,
// every sample of the run, and a noised sample; each within 1e-5 of the largest number there is.
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { schedulerOf } from './scheduler-of.ts'
import { startState, type Schedule, type ScheduleOptions, type SchedulerState } from './scheduler.ts'

interface Case {
  readonly name: string
  readonly steps: number
  readonly config: Record<string, unknown>
  readonly options: Omit<ScheduleOptions, 'steps'>
  readonly timesteps: readonly number[]
  readonly sigmas: readonly number[]
  readonly startScale: number
  readonly trajectory: readonly (readonly number[])[]
  readonly noised: readonly number[]
}

interface Golden {
  readonly start: readonly number[]
  readonly clean: readonly number[]
  readonly noise: readonly (readonly number[])[]
  readonly cases: readonly Case[]
}

const golden: Golden = JSON.parse(
  await readFile(new URL('../../test/golden/schedulers.json', import.meta.url), 'utf8'),
)
const tolerance = 1e-5

function fake(x: Float32Array, t: number): Float32Array {
  const gain = Math.fround(0.6 * Math.cos(t / 500))
  return x.map((value, i) => value * gain + Math.fround(0.3 * Math.sin(1.7 * i + t / 300)))
}

/** Largest difference over the largest number. */
function distance(got: Iterable<number>, wanted: readonly number[]): number {
  const values = [...got]
  if (values.length !== wanted.length) return Infinity
  const scale = Math.max(...wanted.map(Math.abs), 1e-3)
  const worst = values.map((value, i) => Math.abs(value - (wanted[i] ?? NaN)) / scale)
  return worst.some(Number.isNaN) ? NaN : Math.max(0, ...worst)
}

function runOf(schedule: Schedule): Float32Array[] {
  let sample: Float32Array = Float32Array.from(golden.start, value => value * schedule.startScale)
  let state: SchedulerState = startState
  return schedule.timesteps.map((t, index) => {
    const output = fake(schedule.scaleInput(sample, index), t)
    const noise = schedule.needsNoise(index) ? Float32Array.from(golden.noise[index] ?? []) : undefined
    const result = schedule.step({ sample, output, index, state, ...(noise ? { noise } : {}) })
    ;({ sample, state } = result)
    return sample
  })
}

describe.each([...new Set(golden.cases.map(({ name }) => name))])('%s equals diffusers', name => {
  const cases = golden.cases.filter(each => each.name === name)
  test.each(
    cases.map(
      each => [`${each.steps} steps ${JSON.stringify({ ...each.config, ...each.options })}`, each] as const,
    ),
  )('%s', (_, each) => {
    const schedule = schedulerOf(name, each.config).schedule({ steps: each.steps, ...each.options })
    expect(distance(schedule.timesteps, each.timesteps)).toBeLessThan(tolerance)
    if (schedule.sigmas.length > 0) {
      expect(schedule.sigmas.length).toBe(each.sigmas.length)
      schedule.sigmas.forEach((sigma, i) =>
        expect(distance([sigma], [each.sigmas[i] ?? 0])).toBeLessThan(tolerance),
      )
    }
    expect(distance([schedule.startScale], [each.startScale])).toBeLessThan(tolerance)
    const run = runOf(schedule)
    expect(run.length).toBe(each.trajectory.length)
    run.forEach((sample, i) =>
      expect(distance(sample, each.trajectory[i] ?? []), `call ${i}`).toBeLessThan(tolerance),
    )
    const middle = Math.floor(schedule.timesteps.length / 2)
    const noised = schedule.addNoise(Float32Array.from(golden.clean), Float32Array.from(golden.start), middle)
    expect(distance(noised, each.noised)).toBeLessThan(tolerance)
  })
})

test('steps are pure: the same input gives the same output, and inputs stay as they were', () => {
  for (const { name, config, steps, options } of golden.cases) {
    const schedule = schedulerOf(name, config).schedule({ steps, ...options })
    const sample = Float32Array.from(golden.start)
    const output = fake(sample, schedule.timesteps[0] ?? 0)
    const noise = Float32Array.from(golden.noise[0] ?? [])
    const input = { sample, output, index: 0, state: startState, noise }
    const [first, second] = [schedule.step(input), schedule.step(input)]
    expect(second).toEqual(first)
    expect([...sample]).toEqual(golden.start.map(Math.fround))
    expect(startState).toEqual({ calls: 0, outputs: [] })
  }
})

test('options that are not understood are refused by name', () => {
  expect(() => schedulerOf('DDIMScheduler', { thresholding: true })).toThrow(
    /"thresholding".*expected it to be off/,
  )
  expect(() => schedulerOf('DDIMScheduler', { prediction_type: 'x' })).toThrow(/"prediction_type".*got "x"/)
  expect(() => schedulerOf('DEISScheduler', {})).toThrow(/one of the schedulers DDIMScheduler/)
  expect(() => schedulerOf('EulerDiscreteScheduler').schedule({ steps: 1001 })).toThrow(
    /1 to 1000 steps, got 1001/,
  )
  expect(() =>
    schedulerOf('FlowMatchEulerDiscreteScheduler', { use_dynamic_shifting: true }).schedule({ steps: 4 }),
  ).toThrow(/`mu`/)
})

test('a configuration of one scheduler serves another, as in diffusers', () => {
  const start = Float32Array.from(golden.start)
  const first = (name: string, config: Record<string, unknown>): Float32Array => {
    const schedule = schedulerOf(name, config).schedule({ steps: 3 })
    return runOf(schedule).at(-1) ?? start
  }
  const unipc = { solver_type: 'bh2', predict_x0: true, disable_corrector: [], variance_type: 'fixed_small' }
  expect(first('DPMSolverMultistepScheduler', unipc)).toEqual(first('DPMSolverMultistepScheduler', {}))
  expect(first('UniPCMultistepScheduler', { solver_type: 'midpoint' })).toEqual(
    first('UniPCMultistepScheduler', {}),
  )
  const learned = { variance_type: 'learned' }
  expect(() => schedulerOf('DPMSolverMultistepScheduler', learned)).toThrow(/"variance_type".*got "learned"/)
  expect(() => schedulerOf('DDPMScheduler', learned)).toThrow(/"variance_type".*got "learned"/)
})

test('a step that needs noise says so', () => {
  const schedule = schedulerOf('EulerAncestralDiscreteScheduler').schedule({ steps: 4 })
  const zeros = new Float32Array(4)
  expect(schedule.needsNoise(0)).toBe(true)
  expect(schedule.needsNoise(3)).toBe(false)
  expect(() => schedule.step({ sample: zeros, output: zeros, index: 0, state: startState })).toThrow(
    /4 numbers of noise/,
  )
})
