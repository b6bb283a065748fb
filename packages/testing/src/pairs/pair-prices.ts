// What two algorithms cost together against what each costs alone. Errors that add up, even those that point the same way,
// obey ‖a + b‖² ≤ 2(‖a‖² + ‖b‖²): a pair beyond twice the sum of its single prices is one that does not compose.
import {
  plan,
  smash,
  type Live,
  type Model,
  type Outputs,
  type Plan,
  type Runtime,
  type Sample,
  type Step,
} from '@damson/core'
import { DamsonError } from '@damson/graph'
import { addQuality, isFloatOutput, type QualitySums } from '@damson/runtime'
import type { PairCase, PairGround } from './pair-cases.ts'

/** Noise power below this share of the signal is rounding of floats: 100 dB. */
const rounding = 1e-10
const evaluationRuns = [0, 1]
/** Another run than those that are compared. */
const calibrationRuns = [1000]

/** One output of a pair in one order: Σ(y − ŷ)² of the pair and of each step alone, and Σy². */
export interface PairPrice {
  readonly order: Order
  /** `part/output`. */
  readonly output: string
  readonly noise: number
  readonly singles: readonly [number, number]
  readonly signal: number
  /** noise / (2 · Σ singles + rounding): above 1 the pair does not compose. */
  readonly share: number
}

export type Order = 'as planned' | 'as listed' | 'turned'

/** What came of a pair: its prices, or the plan with the conflicts that stand against it. */
export type PairOutcome =
  | { readonly plan: Plan; readonly prices?: undefined }
  | { readonly plan: Plan; readonly prices: readonly PairPrice[] }

/** Sums by `part/output`. */
type Noise = ReadonlyMap<string, QualitySums>
/** Outputs of every call, by part. */
type Measured = ReadonlyMap<string, readonly Outputs[]>

/** Runs pairs over one runtime, which stays the caller's; what a step costs alone is measured once. */
export class PairPricer {
  readonly #runtime: Runtime
  readonly #exact = new Map<PairGround, Promise<Measured>>()
  readonly #alone = new Map<string, Promise<Noise>>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Smashes, opens and runs a pair in every order that the planner allows. Throws what one of these throws. */
  async price(pair: PairCase): Promise<PairOutcome> {
    const { ground, steps } = pair
    const planned = plan(ground.model, steps, { sizes: false })
    if (planned.conflicts.length > 0) return { plan: planned }
    const prices: PairPrice[] = []
    for (const [order, ordered] of ordersOf(ground.model, steps, planned)) {
      const noise = await this.#noiseOf(ground, ordered, order).catch((error: unknown) => {
        // In an order that was asked for, a step may leave the next one nothing to gain; it is told when it comes to that.
        if (order !== 'as planned' && DamsonError.isInstance(error, 'refused-later')) return undefined
        throw error
      })
      if (!noise) continue
      const alone = [await this.#single(ground, steps[0]), await this.#single(ground, steps[1])] as const
      for (const [output, sums] of noise)
        prices.push(priceOf(order, output, sums, alone[0].get(output), alone[1].get(output)))
    }
    return { plan: planned, prices }
  }

  #single(ground: PairGround, step: Step): Promise<Noise> {
    const key = JSON.stringify([ground.name, step.algorithm.id, step.params, step.on])
    const noise = this.#alone.get(key) ?? this.#noiseOf(ground, [step], 'as planned')
    this.#alone.set(key, noise)
    return noise
  }

  async #noiseOf(ground: PairGround, steps: readonly Step[], order: Order): Promise<Noise> {
    const exact = this.#exact.get(ground) ?? this.#outputsOf(ground, ground.model)
    this.#exact.set(ground, exact)
    const changed = await smash(ground.model, steps, {
      runtime: this.#runtime,
      samples: part => samplesOf(ground, part),
      ...(order === 'as planned' ? {} : { order: 'given' as const }),
    })
    return noiseBetween(await this.#outputsOf(ground, changed), await exact)
  }

  /** Parts that are as they were are not run again. */
  async #outputsOf(ground: PairGround, model: Model): Promise<Measured> {
    const live = await this.#runtime.open(model)
    try {
      const found = new Map<string, readonly Outputs[]>()
      for (const part of [ground.part, ground.other]) {
        const known = isAsItWas(model, ground.model, part) ? await this.#exact.get(ground) : undefined
        found.set(part, known?.get(part) ?? (await callsOf(live, ground, part)))
      }
      return found
    } finally {
      await live.close()
    }
  }
}

function isAsItWas(model: Model, before: Model, part: string): boolean {
  const acts = model.replays.some(({ applied }) => applied.claims[part] !== undefined)
  return model !== before && !acts && model.part(part).graph === before.part(part).graph
}

async function callsOf(live: Live, ground: PairGround, part: string): Promise<readonly Outputs[]> {
  const outputs: Outputs[] = []
  for (const run of evaluationRuns) {
    const calls = ground.feeds(part, run)
    const generation = live.generation({ steps: calls.length })
    for (const [step, feeds] of calls.entries()) outputs.push(await generation.run(part, feeds, { step }))
    await generation.close()
  }
  return outputs
}

/** The order that the planner finds, and both list orders as far as they bind and are others. */
function ordersOf(
  model: Model,
  steps: readonly Step[],
  planned: Plan,
): readonly (readonly [Order, readonly Step[]])[] {
  const found = planned.steps.map(({ step }) => step)
  const listed = [['as listed', steps] as const, ['turned', steps.toReversed()] as const]
  const others = listed.filter(
    ([, ordered]) =>
      ordered.some((step, at) => step !== found[at]) &&
      plan(model, ordered, { order: 'given', sizes: false }).conflicts.length === 0,
  )
  return [['as planned', found], ...others]
}

function samplesOf(ground: PairGround, part: string): readonly Sample[] {
  return calibrationRuns.flatMap(id =>
    ground
      .feeds(part, id)
      .map((feeds, step) => ({ part, feeds, run: { id, step, branch: 'cond' as const } })),
  )
}

function noiseBetween(got: Measured, want: Measured): Noise {
  const sums = new Map<string, QualitySums>()
  for (const [part, calls] of want) {
    for (const [call, outputs] of calls.entries()) {
      for (const [name, exact] of Object.entries(outputs)) {
        const actual = got.get(part)?.[call]?.[name]
        if (!isFloatOutput(exact) || !actual) continue
        sums.set(`${part}/${name}`, addQuality(actual, exact, sums.get(`${part}/${name}`)))
      }
    }
  }
  return sums
}

const noiseIn = (sums: QualitySums | undefined): number =>
  sums === undefined || sums.broken > 0 ? Infinity : sums.noise

function priceOf(
  order: Order,
  output: string,
  pair: QualitySums,
  one: QualitySums | undefined,
  two: QualitySums | undefined,
): PairPrice {
  const noise = noiseIn(pair)
  const singles = [noiseIn(one), noiseIn(two)] as const
  const allowed = 2 * (singles[0] + singles[1]) + rounding * pair.signal
  // A single that breaks an output allows its pairs anything: it is its own finding, not theirs.
  const share = allowed === Infinity || noise === 0 ? 0 : noise / allowed
  return { order, output, noise, singles, signal: pair.signal, share }
}
