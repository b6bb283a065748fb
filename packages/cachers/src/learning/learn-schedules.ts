// The best schedule for every number of full runs. A step that does not run takes a learnt sum of what the last two full steps
// gave and of the latents at the last one, f = w₀·o(h₀) + w₁·o(h₁) + v·x(h₀); what is minimized is how far all the errors
// together move the picture, ‖Σₛ effectₛ·(oₛ − fₛ)‖² between full steps, summed over those. Errors of neighbouring steps point
// the same way, so they are added before they are squared. The minimum is exact: dynamic programming over pairs (h₀, h₁).
import { basis, combine, unit, type Combination, type InnerProducts } from './inner-products.ts'
import { leastSquares } from './least-squares.ts'
import { samplerSteps } from './sampler-steps.ts'

/** What to do with so many full runs. */
export interface LearntSchedule {
  /** Steps that run. */
  readonly full: readonly number[]
  /** By step: w₀, w₁, v; zeros for steps that run. */
  readonly weights: readonly (readonly number[])[]
  /** What the errors amount to, as a share of all that the outputs do. */
  readonly error: number
}

interface Segment {
  /** By step after h₀: the weights of its forecast, and what skipping from h₀ to it costs. */
  readonly weights: readonly (readonly number[])[]
  readonly costs: readonly number[]
}

/** Schedules for 1, 2, … `steps` full runs. */
export function learnSchedules(products: InnerProducts): readonly LearntSchedule[] {
  const errors = segments(products)
  return cheapestPaths(products.steps, errors.segment).map(full => scheduleOf(products.steps, errors, full))
}

/** The weights of a given choice of full steps, step 0 among them, and its error. */
export function learnWeights(products: InnerProducts, full: readonly number[]): LearntSchedule {
  return scheduleOf(products.steps, segments(products), full)
}

interface Segments {
  segment(h0: number, h1: number): Segment
  /** Σ ‖effect·o‖², what errors are a share of. */
  readonly whole: number
}

function segments(products: InnerProducts): Segments {
  const { steps } = products
  const { guidance, effects } = samplerSteps(products)
  const outputs = Array.from({ length: steps }, (_, step) => guided(step, guidance))
  const known = new Map<number, Segment>()
  const square = (step: number, output: Combination): number =>
    (effects[step] ?? 0) ** 2 * products.product(output, output)
  return {
    segment(h0, h1) {
      const key = h0 * (steps + 1) + h1 + 1
      const made = known.get(key) ?? segmentOf(products, outputs, effects, h0, h1)
      known.set(key, made)
      return made
    },
    whole: outputs.reduce((sum, output, step) => sum + square(step, output), 0),
  }
}

function scheduleOf(steps: number, { segment, whole }: Segments, full: readonly number[]): LearntSchedule {
  const weights: (readonly number[])[] = []
  let cost = 0
  for (const [at, h0] of full.entries()) {
    const found = segment(h0, full[at - 1] ?? -1)
    const skipped = (full[at + 1] ?? steps) - h0 - 1
    weights.push([0, 0, 0], ...found.weights.slice(0, skipped))
    cost += skipped === 0 ? 0 : (found.costs[skipped - 1] ?? 0)
  }
  return { full, weights, error: cost / whole }
}

/** u + g·(c − u) */
function guided(step: number, guidance: number): Combination {
  return combine([[1 - guidance, unit(basis.u(step))], [guidance, unit(basis.c(step))]]) // prettier-ignore
}

/** h₁ = −1: there is no earlier full step. */
function segmentOf(
  products: InnerProducts,
  outputs: readonly Combination[],
  effects: readonly number[],
  h0: number,
  h1: number,
): Segment {
  const last = outputs[h0] ?? new Map()
  const before = outputs[h1]
  const vectors = [last, ...(before ? [before] : []), unit(basis.x(h0))]
  let moved: Combination = new Map()
  let cost = 0
  const weights: (readonly number[])[] = []
  const costs: number[] = []
  for (let step = h0 + 1; step < outputs.length; step++) {
    const target = outputs[step] ?? new Map()
    const found = leastSquares(products, target, vectors)
    const effect = effects[step] ?? 0
    const error = combine([[effect, target], ...vectors.map((vector, k) => [-effect * (found[k] ?? 0), vector] as const)]) // prettier-ignore
    cost += 2 * products.product(moved, error) + products.product(error, error)
    moved = combine([[1, moved], [1, error]]) // prettier-ignore
    weights.push(before ? found : [found[0] ?? 0, 0, found[1] ?? 0])
    costs.push(Math.max(0, cost))
  }
  return { weights, costs }
}

/** Full steps up to one, from the last back to step 0. */
interface Path {
  readonly step: number
  readonly before: Path | undefined
  readonly cost: number
}

/** For every number of full steps the cheapest choice of them, step 0 among them. */
function cheapestPaths(steps: number, segment: Segments['segment']): readonly (readonly number[])[] {
  const ends: (readonly number[])[] = []
  let open: readonly Path[] = [{ step: 0, before: undefined, cost: 0 }]
  for (let count = 1; count <= steps; count++) {
    // By the last full step and the one before it: what follows depends on these alone.
    const next = new Map<number, Path>()
    let best: Path | undefined
    for (const path of open) {
      const { costs } = segment(path.step, path.before?.step ?? -1)
      const ended = { ...path, cost: path.cost + (costs.at(-1) ?? 0) }
      if (!best || ended.cost < best.cost) best = ended
      for (let step = path.step + 1; step < steps; step++) {
        const cost = path.cost + (costs[step - path.step - 2] ?? 0)
        const key = step * steps + path.step
        const other = next.get(key)
        if (!other || cost < other.cost) next.set(key, { step, before: path, cost })
      }
    }
    if (best) ends.push(stepsOf(best))
    open = [...next.values()]
  }
  return ends
}

function stepsOf(path: Path): readonly number[] {
  const found: number[] = []
  for (let at: Path | undefined = path; at; at = at.before) found.unshift(at.step)
  return found
}
