// Which parts accept which algorithms, how much of them, and why the others refuse: the question before any recipe.
import type { Refusal } from '@damson/graph'
import { algorithmOf, makeStep } from './define.ts'
import { factTable } from './facts.ts'
import type { Model } from './model.ts'
import { askStep, groundOf, type Ground, type PartClaim } from './plan-claims.ts'
import { replay } from './plan-replay.ts'
import type { Algorithms } from './algorithm-names.ts'
import type { Target } from './runtime.ts'

/** What one algorithm, with its defaults, says to one part. */
export interface Acceptance {
  readonly part: string
  /** Full id. */
  readonly algorithm: string
  readonly accepts?: {
    readonly weights: number
    readonly nodes: number
    readonly whole: boolean
    readonly bytes: number
  }
  readonly refusal?: Refusal
}

/** Every pair of part and algorithm. A need that does not hold in the model as it is counts as a refusal. */
export function explain(
  model: Model,
  options: { readonly algorithms: Algorithms; readonly target?: Target },
): readonly Acceptance[] {
  const algorithms = [...options.algorithms].map(algorithmOf)
  const ground = groundOf(model, factTable(algorithms), options.target ?? 'cpu')
  return [...model.parts.keys()].flatMap(part =>
    algorithms.map(algorithm => ({ part, algorithm: algorithm.id, ...answer(ground, part, algorithm) })),
  )
}

function answer(
  ground: Ground,
  part: string,
  algorithm: ReturnType<typeof algorithmOf>,
): Pick<Acceptance, 'accepts' | 'refusal'> {
  const step = makeStep(algorithm)
  const { claim, refusal } = askStep(ground, step, part)
  if (refusal) return { refusal }
  if (!claim) return { refusal: { refused: 'it finds nothing to work on' } }
  const resolved = { id: algorithm.id, step, at: 0, claims: new Map([[part, claim]]), conflicts: [] }
  const [missing] = replay(ground, [resolved], [0])
  if (!missing) return { accepts: counts(claim) }
  const sentence = ground.facts.get(missing.fact)?.sentence ?? ''
  const at = missing.keys[0] === undefined ? part : claim.index.label(missing.keys[0])
  return { refusal: { refused: `it needs ${missing.fact} (${sentence}), which does not hold`, at } }
}

function counts({ index, keys }: PartClaim): NonNullable<Acceptance['accepts']> {
  const sites = [...keys].map(key => index.siteOf(key))
  const weights = sites.flatMap(site => ('weight' in site ? [site.weight] : []))
  return {
    weights: weights.length,
    nodes: sites.filter(site => 'node' in site).length,
    whole: sites.some(site => 'part' in site),
    bytes: weights.reduce((sum, { tensor }) => sum + tensor.byteLength, 0),
  }
}
