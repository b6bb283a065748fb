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
  /** One of each, on its place. Cases share them, so that what an algorithm says there is asked for once. */
  readonly steps: readonly [Step, Step]
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
    grounds.flatMap(ground => {
      const [firsts, seconds] = placesOf(ground, placement).map(on =>
        algorithms.map(algorithm => cheapStep(algorithm, ground.dims, on)),
      )
      return (firsts ?? []).flatMap((one, at) =>
        (seconds ?? []).slice(at).map((two): PairCase => ({
          ground,
          placement,
          steps: [one, two],
        })),
      )
    }),
  )
}

/** Where the two steps of a case work. */
function placesOf({ part, other, head }: PairGround, placement: Placement): readonly [Place, Place] {
  const places: Readonly<Record<Placement, readonly [Place, Place]>> = {
    'one part': [{ parts: [part] }, { parts: [part] }],
    'disjoint parts': [{ parts: [part] }, { parts: [other] }],
    'disjoint nodes': [
      { parts: [part], include: [head] },
      { parts: [part], exclude: [head] },
    ],
  }
  return places[placement]
}

function cheapStep(algorithm: AnyAlgorithm, dims: PairGround['dims'], on: Place): Step {
  const given = { ...cheap, ...(dims ? { dims } : {}) }
  const params = Object.entries(given).filter(([name]) => Object.hasOwn(algorithm.params, name))
  return makeStep(algorithm, Object.fromEntries(params), on)
}

/** What a case is about, in a word each: what a covering sample covers. */
export function caseNames({ ground, placement, steps }: PairCase): readonly string[] {
  return [...steps.map(step => step.algorithm.id), placement, ground.name]
}
