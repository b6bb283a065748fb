// UniPC: each call first corrects the sample that it was called with, then predicts the next one, both from the same
// outputs of earlier steps (Zhao et al. 2023, arXiv 2302.04867, algorithms 5 and 6).
import { solveLinear } from '@damson/numerics'
import { denoisedOf, noiseOf, predictionOf } from './prediction.ts'
import { snrLevels, snrSchedule, solverTimes, type SnrLevel } from './log-snr.ts'
import {
  choiceOption,
  flagOption,
  numberOption,
  numbersOption,
  optionError,
  refuseOptions,
} from './scheduler-options.ts'
import type { Scheduler, SchedulerConfig } from './scheduler.ts'
import { sigmaTable } from './sigma-schedule.ts'
import { weightedSum } from './weighted-sum.ts'

type Term = readonly [number, Float32Array]

interface Solver {
  readonly levels: readonly SnrLevel[]
  readonly kind: 'bh1' | 'bh2'
  /** Outputs are x₀ (else ε). */
  readonly data: boolean
}

/** Types of DPM-Solver, whose configuration may be taken over, mean the standard one, as in diffusers. */
const solverTypes = ['bh1', 'bh2', 'midpoint', 'heun', 'logrho'] as const

/** `UniPCMultistepScheduler`. */
export function uniPc(config: SchedulerConfig = {}): Scheduler {
  refuseOptions(config, ['thresholding', 'solver_p'])
  const table = sigmaTable(config)
  const prediction = predictionOf(config, ['epsilon', 'v_prediction', 'sample', 'flow_prediction'])
  const data = flagOption(config, 'predict_x0', true)
  const kind = choiceOption(config, 'solver_type', solverTypes, 'bh2') === 'bh1' ? 'bh1' : 'bh2'
  const most = numberOption(config, 'solver_order', 2)
  if (![1, 2, 3].includes(most)) throw optionError('solver_order', '1, 2 or 3', most)
  const uncorrected = numbersOption(config, 'disable_corrector') ?? []
  const lowers = flagOption(config, 'lower_order_final', true)
  return {
    name: 'UniPCMultistepScheduler',
    config,
    schedule(options) {
      const times = solverTimes(config, table, options, 'unipc')
      const levels = snrLevels(config, times.sigmas)
      const solver: Solver = { levels, kind, data }
      const count = times.timesteps.length
      const orderAt = (index: number, calls: number): number =>
        Math.min(lowers ? Math.min(most, count - index) : most, calls + 1)
      return {
        ...snrSchedule(times, levels),
        needsNoise: () => false,
        step({ sample, output, index, state }) {
          const level = levels[index] ?? { alpha: 1, sigma: 1 }
          const denoised = denoisedOf(prediction, level, sample, output)
          const converted = data ? denoised : noiseOf(prediction, level, sample, output)
          const corrects = index > 0 && state.sample !== undefined && !uncorrected.includes(index - 1)
          const corrected =
            corrects && state.sample
              ? correct(
                  solver,
                  index,
                  orderAt(index - 1, state.calls - 1),
                  state.sample,
                  state.outputs,
                  converted,
                )
              : sample
          const outputs = [...state.outputs, converted].slice(-most)
          const moved = predict(solver, index, orderAt(index, state.calls), corrected, outputs)
          return { sample: moved, denoised, state: { calls: state.calls + 1, outputs, sample: corrected } }
        },
      }
    },
  }
}

/** The step from level `from` to the next: how x is carried, how the newest output counts, and the scale of differences. */
function stepTerms(
  { levels, kind, data }: Solver,
  from: number,
): {
  readonly h: number
  readonly signed: number
  readonly carried: number
  readonly base: number
  readonly scale: number
} {
  const now = levels[from] ?? { alpha: 1, sigma: 1, lambda: 0 }
  const next = levels[from + 1] ?? { alpha: 1, sigma: 0, lambda: Infinity }
  const h = next.lambda - now.lambda
  const signed = data ? -h : h
  const grows = Math.expm1(signed)
  const weight = data ? next.alpha : next.sigma
  const carried = data ? next.sigma / now.sigma : next.alpha / now.alpha
  return { h, signed, carried, base: -weight * grows, scale: -weight * (kind === 'bh1' ? signed : grows) }
}

/** Differences D = (m_i − m₀)/r_i of older outputs to the newest, and their r_i; outputs newest last. */
function differences(
  { levels }: Solver,
  from: number,
  h: number,
  outputs: readonly Float32Array[],
  order: number,
): { readonly ratios: readonly number[]; readonly older: readonly Float32Array[] } {
  const newest = outputs.at(-1) ?? new Float32Array(0)
  const ratios: number[] = []
  const older: Float32Array[] = []
  for (let i = 1; i < order; i++) {
    const ratio = ((levels[from - i]?.lambda ?? 0) - (levels[from]?.lambda ?? 0)) / h
    ratios.push(ratio)
    older.push(weightedSum([1 / ratio, outputs.at(-1 - i) ?? newest], [-1 / ratio, newest]))
  }
  return { ratios, older }
}

/** b_k = k!·φ_{k+1}(hh)/B(h), the right-hand side of the order conditions. */
function conditions({ kind }: Solver, signed: number, order: number): readonly number[] {
  const scale = kind === 'bh1' ? signed : Math.expm1(signed)
  const sides: number[] = []
  let factorial = 1
  let phi = Math.expm1(signed) / signed - 1
  for (let k = 1; k <= order; k++) {
    sides.push((phi * factorial) / scale)
    factorial *= k + 1
    phi = phi / signed - 1 / factorial
  }
  return sides
}

function weightsOf(solver: Solver, ratios: readonly number[], signed: number): readonly number[] {
  const sides = conditions(solver, signed, ratios.length)
  // Ratios of different steps differ, so there is one answer.
  const matrix = sides.map((_, power) => ratios.map(ratio => ratio ** power))
  return solveLinear(matrix, sides) ?? []
}

function predict(
  solver: Solver,
  index: number,
  order: number,
  sample: Float32Array,
  outputs: readonly Float32Array[],
): Float32Array {
  const { h, signed, carried, base, scale } = stepTerms(solver, index)
  const { ratios, older } = differences(solver, index, h, outputs, order)
  const newest = outputs.at(-1) ?? sample
  const weights = order === 2 ? [0.5] : weightsOf(solver, ratios, signed)
  const terms = older.map((each, i): Term => [scale * (weights[i] ?? 0), each])
  return weightedSum([carried, sample], [base, newest], ...terms)
}

function correct(
  solver: Solver,
  index: number,
  order: number,
  before: Float32Array,
  outputs: readonly Float32Array[],
  output: Float32Array,
): Float32Array {
  const { h, signed, carried, base, scale } = stepTerms(solver, index - 1)
  const { ratios, older } = differences(solver, index - 1, h, outputs, order)
  const newest = outputs.at(-1) ?? output
  const weights = order === 1 ? [0.5] : weightsOf(solver, [...ratios, 1], signed)
  const terms = older.map((each, i): Term => [scale * (weights[i] ?? 0), each])
  const last = scale * (weights.at(-1) ?? 0)
  return weightedSum([carried, before], [base - last, newest], ...terms, [last, output])
}
