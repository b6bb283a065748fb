// DPM-Solver++: an exponential integrator over x₀ predictions that reuses the outputs of earlier steps; 2M is order 2 (Lu et
// al. 2022, arXiv 2211.01095). Its SDE form adds noise at each step.
import { predictionOf, denoisedOf } from './prediction.ts'
import { snrLevels, snrSchedule, solverTimes, type SnrLevel } from './log-snr.ts'
import { choiceOption, flagOption, numberOption, optionError, refuseOptions } from './scheduler-options.ts'
import type { Scheduler, SchedulerConfig } from './scheduler.ts'
import { sigmaTable } from './sigma-schedule.ts'
import { needNoise } from './step-noise.ts'
import { weightedSum } from './weighted-sum.ts'

type Term = readonly [number, Float32Array]

interface Solver {
  readonly order: number
  readonly noisy: boolean
  readonly type: 'midpoint' | 'heun'
}

/** `DPMSolverMultistepScheduler`: `dpmsolver++` of order 1 to 3, `sde-dpmsolver++` of order 1 and 2. */
export function dpmSolverMultistep(config: SchedulerConfig = {}): Scheduler {
  refuseOptions(config, ['thresholding'])
  const table = sigmaTable(config)
  const prediction = predictionOf(config, ['epsilon', 'v_prediction', 'sample', 'flow_prediction'])
  const solver = solverOf(config)
  return {
    name: 'DPMSolverMultistepScheduler',
    config,
    schedule(options) {
      const times = solverTimes(config, table, options, 'dpm')
      const levels = snrLevels(config, times.sigmas)
      const count = times.timesteps.length
      const most = orders(config, solver.order, count)
      return {
        ...snrSchedule(times, levels),
        needsNoise: index => solver.noisy && (times.sigmas[index + 1] ?? 0) > 0,
        step({ sample, output, index, state, noise }) {
          const level = levels[index] ?? { alpha: 1, sigma: 1 }
          const denoised = denoisedOf(prediction, level, sample, output)
          const outputs = [...state.outputs, denoised].slice(-solver.order)
          const order = Math.min(outputs.length, most(index))
          const terms = update(solver, levels, index, outputs.slice(-order))
          const spread = solver.noisy ? noiseWeight(levels, index) : 0
          const moved = weightedSum(
            [carry(solver, levels, index), sample],
            ...terms,
            ...(spread > 0 ? [[spread, needNoise(noise, sample)] as const] : []),
          )
          return { sample: moved, denoised, state: { calls: state.calls + 1, outputs } }
        },
      }
    },
  }
}

/** Types of UniPC, whose configuration may be taken over, mean the standard one, as in diffusers. */
const solverTypes = ['midpoint', 'heun', 'logrho', 'bh1', 'bh2'] as const

function solverOf(config: SchedulerConfig): Solver {
  const order = numberOption(config, 'solver_order', 2)
  const algorithm = choiceOption(config, 'algorithm_type', ['dpmsolver++', 'sde-dpmsolver++'], 'dpmsolver++')
  const noisy = algorithm === 'sde-dpmsolver++'
  if (![1, 2, 3].includes(order) || (noisy && order === 3))
    throw optionError('solver_order', '1 or 2 (3 without noise)', order)
  const type = choiceOption(config, 'solver_type', solverTypes, 'midpoint') === 'heun' ? 'heun' : 'midpoint'
  choiceOption(config, 'variance_type', ['fixed_small', 'fixed_small_log', 'fixed_large'], 'fixed_small')
  return { order, noisy, type }
}

/** The order that the step at an index may have: less at the end, where few steps make higher orders unstable. */
function orders(config: SchedulerConfig, order: number, count: number): (index: number) => number {
  const few = flagOption(config, 'lower_order_final', true) && count < 15
  const toZero = choiceOption(config, 'final_sigmas_type', ['zero', 'sigma_min'], 'zero') === 'zero'
  const lastIsFirst = few || toZero || flagOption(config, 'euler_at_final', false)
  return index => {
    if (index === count - 1 && lastIsFirst) return 1
    return index === count - 2 && few ? Math.min(2, order) : order
  }
}

const stepOf = (levels: readonly SnrLevel[], index: number): number =>
  (levels[index + 1]?.lambda ?? 0) - (levels[index]?.lambda ?? 0)

/** What is kept of x: σ_t/σ_s, and with noise e^−h of it. */
function carry({ noisy }: Solver, levels: readonly SnrLevel[], index: number): number {
  const kept = (levels[index + 1]?.sigma ?? 0) / (levels[index]?.sigma ?? 1)
  return noisy ? kept * Math.exp(-stepOf(levels, index)) : kept
}

function noiseWeight(levels: readonly SnrLevel[], index: number): number {
  return (levels[index + 1]?.sigma ?? 0) * Math.sqrt(-Math.expm1(-2 * stepOf(levels, index)))
}

/** What the outputs (newest last) bring: Σ weight · D_i, with D_i the divided differences of x₀ over λ. */
function update(
  solver: Solver,
  levels: readonly SnrLevel[],
  index: number,
  outputs: readonly Float32Array[],
): readonly Term[] {
  const alpha = levels[index + 1]?.alpha ?? 1
  const h = stepOf(levels, index)
  const g = solver.noisy ? 2 * h : h
  // φ = 1 − e^−g
  const phi = -Math.expm1(-g)
  const [m0, m1, m2] = [...outputs].reverse()
  if (!m0) return []
  const base: Term = [alpha * phi, m0]
  if (!m1) return [base]
  const slope = alpha * (solver.type === 'heun' || m2 ? 1 - phi / g : phi / 2)
  const r0 = stepOf(levels, index - 1) / h
  const first = weightedSum([1 / r0, m0], [-1 / r0, m1])
  if (!m2) return [base, [slope, first]]
  const r1 = stepOf(levels, index - 2) / h
  const second = weightedSum([1 / r1, m1], [-1 / r1, m2])
  const bend = weightedSum([1, first], [-1, second])
  const curve = alpha * ((h - phi) / (h * h) - 0.5)
  return [base, [slope, first], [(slope * r0 - curve) / (r0 + r1), bend]]
}
