// Levels as the exponential integrators see them: λ = log(alpha/sigma), half the logarithm of the signal-to-noise ratio, and
// the noise levels of their runs.
import { respacing, interpolate, timestepFinder } from './noise-levels.ts'
import { choiceOption, flagOption, numberOption, refuseOptions } from './scheduler-options.ts'
import type { Level } from './prediction.ts'
import type { Schedule, ScheduleOptions, SchedulerConfig } from './scheduler.ts'
import type { SigmaTimes } from './sigma-schedule.ts'
import { linspace, roundHalfEven, spacedTimesteps, trainSteps } from './timesteps.ts'
import { weightedSum } from './weighted-sum.ts'

export interface SnrLevel extends Level {
  readonly lambda: number
}

/** Levels of a run: variance preserving, or those of flow matching. At σ = 0, λ is infinite. */
export function snrLevels(config: SchedulerConfig, sigmas: readonly number[]): readonly SnrLevel[] {
  const flows = flagOption(config, 'use_flow_sigmas', false)
  return sigmas.map(sigma => {
    const alpha = flows ? 1 - sigma : 1 / Math.sqrt(sigma * sigma + 1)
    const level = { alpha, sigma: flows ? sigma : sigma * alpha }
    return { ...level, lambda: Math.log(level.alpha) - Math.log(level.sigma) }
  })
}

/** Times of DPM-Solver++ and UniPC; `respacedLast` is what the last step goes to where levels are respaced. */
export function solverTimes(
  config: SchedulerConfig,
  table: Float32Array,
  { steps, mu }: ScheduleOptions,
  name: 'dpm' | 'unipc',
): SigmaTimes {
  refuseOptions(config, ['thresholding'])
  const own = spacedTimesteps(config, steps, 'linspace', 'between')
  const [least = 0, most = 0] = [table[0], table.at(-1)]
  const toZero = choiceOption(config, 'final_sigmas_type', ['zero', 'sigma_min'], 'zero') === 'zero'
  const respace = respacing(config)
  if (respace) {
    const sigmas = respace(most, least, steps)
    const last = toZero ? 0 : name === 'dpm' ? least : (sigmas.at(-1) ?? 0)
    const rounds = name === 'dpm' ? config['beta_schedule'] !== 'squaredcos_cap_v2' : true
    const found = sigmas.map(timestepFinder(table))
    const karras = flagOption(config, 'use_karras_sigmas', false)
    return timesOf(karras && rounds ? found.map(roundHalfEven) : found, [...sigmas, last])
  }
  if (flagOption(config, 'use_flow_sigmas', false)) {
    const sigmas = name === 'dpm' ? dpmFlow(config, steps, mu) : unipcFlow(config, steps, mu)
    const last = toZero ? 0 : name === 'dpm' ? least : (sigmas.at(-1) ?? 0)
    return timesOf(
      sigmas.map(sigma => sigma * trainSteps(config)),
      [...sigmas, last],
    )
  }
  return timesOf(own, [...interpolate(table, own), toZero ? 0 : least])
}

function timesOf(timesteps: readonly number[], sigmas: readonly number[]): SigmaTimes {
  return { timesteps: timesteps.map(Math.trunc), sigmas: sigmas.map(Math.fround) }
}

function flowShift(config: SchedulerConfig, mu: number | undefined): (sigma: number) => number {
  const dynamic = flagOption(config, 'use_dynamic_shifting', false) && mu !== undefined
  const shift = dynamic ? Math.exp(mu) : numberOption(config, 'flow_shift', 1)
  return sigma => (shift * sigma) / (1 + (shift - 1) * sigma)
}

function dpmFlow(config: SchedulerConfig, steps: number, mu: number | undefined): readonly number[] {
  const levels = linspace(1, 1 / trainSteps(config), steps + 1).map(alpha => 1 - alpha)
  return levels.map(flowShift(config, mu)).reverse().slice(0, -1)
}

function unipcFlow(config: SchedulerConfig, steps: number, mu: number | undefined): readonly number[] {
  refuseOptions(config, ['shift_terminal'])
  const levels = linspace(1, 1 / trainSteps(config), steps + 1)
    .slice(0, -1)
    .map(flowShift(config, mu))
  // At exactly 1 nothing of the picture is left and λ would be infinite.
  return levels.map((level, i) => (i === 0 && Math.abs(level - 1) < 1e-6 ? level - 1e-6 : level))
}

/** The fields of a schedule that DPM-Solver++ and UniPC have in common. */
export function snrSchedule(
  { timesteps, sigmas }: SigmaTimes,
  levels: readonly SnrLevel[],
): Pick<Schedule, 'timesteps' | 'sigmas' | 'order' | 'startScale' | 'scaleInput' | 'addNoise'> {
  return {
    timesteps,
    sigmas,
    order: 1,
    startScale: 1,
    scaleInput: sample => sample,
    addNoise(clean, noise, index) {
      const { alpha = 1, sigma = 0 } = levels[index] ?? {}
      return weightedSum([alpha, clean], [sigma, noise])
    },
  }
}
