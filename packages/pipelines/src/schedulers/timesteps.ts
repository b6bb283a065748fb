// Which training timesteps a run of few steps visits. The spacings are those of diffusers, with NumPy's rounding.
import { choiceOption, numberOption, checkSteps } from './scheduler-options.ts'
import type { SchedulerConfig } from './scheduler.ts'

export type Spacing = 'linspace' | 'leading' | 'trailing'
const spacings = ['linspace', 'leading', 'trailing'] as const

export function spacingOf(config: SchedulerConfig, standard: Spacing): Spacing {
  return choiceOption(config, 'timestep_spacing', spacings, standard)
}

export function trainSteps(config: SchedulerConfig): number {
  return numberOption(config, 'num_train_timesteps', 1000)
}

/** Half goes to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
}

export function linspace(start: number, end: number, count: number): readonly number[] {
  if (count === 1) return [start]
  const step = (end - start) / (count - 1)
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? end : start + i * step))
}

/**
 * Descending timesteps. `between` (DPM-Solver++, UniPC) leaves the last interval to the end instead of to the first timestep;
 * `fractional` (the Euler family) does not round those of `linspace`.
 */
export function spacedTimesteps(
  config: SchedulerConfig,
  steps: number,
  standard: Spacing,
  kind: 'whole' | 'fractional' | 'between' = 'whole',
): readonly number[] {
  const train = trainSteps(config)
  checkSteps(steps, train)
  const extra = kind === 'between' ? 1 : 0
  switch (spacingOf(config, standard)) {
    case 'linspace': {
      const ascending = linspace(0, train - 1, steps + extra)
      const rounded = kind === 'fractional' ? ascending.map(Math.fround) : ascending.map(roundHalfEven)
      return rounded.reverse().slice(0, steps)
    }
    case 'leading': {
      const ratio = Math.floor(train / (steps + extra))
      const offset = numberOption(config, 'steps_offset', 0)
      return Array.from({ length: steps }, (_, i) => (steps - 1 - i + extra) * ratio + offset)
    }
    case 'trailing': {
      const ratio = train / steps
      return Array.from({ length: Math.ceil(train / ratio) }, (_, i) => roundHalfEven(train - i * ratio) - 1)
    }
  }
}
