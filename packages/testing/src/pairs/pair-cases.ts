// Two algorithms in one model: on the same part, on two parts, on two halves of a part's nodes. What the tests plan, run and
// price for every two algorithms that exist.
import { makeStep, type AnyAlgorithm, type Feeds, type Model, type Place, type Step } from '@damson/core'

export type Placement = 'one part' | 'disjoint parts' | 'disjoint nodes'

/** A model on which pairs are tried. */
export interface PairGround {
  readonly name: string
  readonly model: Model
  readonly part: string
  /** Another part, for the second algorithm. */
  readonly other: string
  /** A glob for about half of the nodes of `part`. */
  readonly head: string
  /** Sizes that all its calls share: what algorithms that fix sizes are given. */
  readonly dims?: Readonly<Record<string, number>>
  /** The calls of one run, in their order; another number, another run. */
  feeds(part: string, run: number): readonly Feeds[]
}

export interface PairCase {
  readonly ground: PairGround
  readonly placement: Placement
  readonly first: AnyAlgorithm
  readonly second: AnyAlgorithm
}

/** Less work where an algorithm has the parameter: pairs are about composing, not about the last decibel. */
const cheap: Readonly<Record<string, unknown>> = {
  sampleCount: 2,
  iterations: 4,
  grid: 4,
  choices: ['2/32', '4/32'],
  solver: 'mse',
  calibrate: 'minmax',
  biasCorrection: false,
  seconds: 0.5,
  trials: 2,
  pairs: 8,
}

/** Every pair, an algorithm with itself included, in every placement on every ground. */
export function pairCases(
  grounds: readonly PairGround[],
  algorithms: readonly AnyAlgorithm[],
): readonly PairCase[] {
  const placements: readonly Placement[] = ['one part', 'disjoint nodes', 'disjoint parts']
  return placements.flatMap(placement =>
    grounds.flatMap(ground =>
      algorithms.flatMap((first, at) =>
        algorithms.slice(at).map(second => ({ ground, placement, first, second })),
      ),
    ),
  )
}

/** The two steps of a case, each on its place. */
export function pairSteps({ ground, placement, first, second }: PairCase): readonly [Step, Step] {
  const { part, other, head, dims } = ground
  const places: Readonly<Record<Placement, readonly [Place, Place]>> = {
    'one part': [{ parts: [part] }, { parts: [part] }],
    'disjoint parts': [{ parts: [part] }, { parts: [other] }],
    'disjoint nodes': [
      { parts: [part], include: [head] },
      { parts: [part], exclude: [head] },
    ],
  }
  const [one, two] = places[placement]
  return [cheapStep(first, dims, one), cheapStep(second, dims, two)]
}

function cheapStep(algorithm: AnyAlgorithm, dims: PairGround['dims'], on: Place): Step {
  const given = { ...cheap, ...(dims ? { dims } : {}) }
  const params = Object.entries(given).filter(([name]) => Object.hasOwn(algorithm.params, name))
  return makeStep(algorithm, Object.fromEntries(params), on)
}

/** What a case is about, in a word each: what a covering sample covers. */
export function caseNames({ ground, placement, first, second }: PairCase): readonly string[] {
  return [first.id, second.id, placement, ground.name]
}
