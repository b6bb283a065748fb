// Which steps of a generation run in full: every n-th, or as many but closer together where pictures are decided.
// Source of the power spacing: DeepCache's non-uniform 1:N strategy (Ma 2023, centre 15 of 50, power 1.4).
import { DamsonError } from '@damson/graph'

const centre = 15 / 50
const power = 1.4

export interface Spacing {
  readonly kind: 'uniform' | 'power'
  /** Steps from one full step to the next, on average. */
  readonly interval: number
}

/** True for the steps that run in full. `steps`: how many the generation has; only `power` needs it. */
export function fullSteps({ kind, interval }: Spacing, steps: number | undefined): (step: number) => boolean {
  if (kind === 'uniform') return step => step % interval === 0
  if (steps === undefined) {
    throw new DamsonError(
      'unknown-steps',
      'Expected the number of steps when a generation is begun, since the power schedule is spread over them; got none. Pass `steps`, or use schedule: uniform.',
    )
  }
  const chosen = new Set(powerSpaced(steps, Math.ceil(steps / interval)))
  return step => chosen.has(step)
}

/** `count` steps of `total`: centre + sign(x)·|x|^power over evenly spaced x, the first of them step 0. */
function powerSpaced(total: number, count: number): readonly number[] {
  const middle = centre * total
  const from = -(middle ** (1 / power))
  const to = (total - middle) ** (1 / power)
  return Array.from({ length: count }, (_, at) => {
    const x = from + ((to - from) * at) / count
    return Math.max(0, Math.min(total - 1, Math.round(middle + Math.sign(x) * Math.abs(x) ** power)))
  })
}
