// An operator takes its place: what it needs is brought into its layout before it, what the graph expects is made of its result
// behind it, and the last node made stands where the attention ended.
import type { Node, NodeFields } from '@damson/graph'
import { attributesFrom, type Attributes, type Site } from '../seek/site.ts'
import type { Planned } from '../seek/sought.ts'
import type { Cache } from './cache.ts'
import type { Attention } from './describe.ts'
import type { Stage } from './heads.ts'
import type { Landing } from './weights.ts'

/** A node to be made, but for its outputs. */
interface Making {
  readonly op: string
  readonly domain?: string
  readonly inputs: readonly string[]
  readonly attributes?: Attributes
}

/** An operator with the mask that it adds (`''`: none). Its first output is [b, s, n·h], or [b, n, s, h] with rank 4. */
export interface Made {
  readonly making: Making
  readonly bias: string
  readonly rank: 3 | 4
}

export interface AttentionPlan extends Planned {
  readonly attention: Attention
  readonly landing: Landing
  readonly cache: Cache | undefined
  /** Rows without any unmasked key are put to zero behind the operator, which makes NaN of them. */
  readonly zeroed: boolean
  readonly make: (site: Site) => Made
}

/** The landing with merged heads, else the first that there is. */
export function landingOf(landings: readonly Landing[]): Landing | undefined {
  for (const text of ['b s nh', 'bn s h', 'b s n h', 'b n s h']) {
    const found = landings.find(landing => landing.text === text)
    if (found) return found
  }
  return undefined
}

/** A value as [b, s, width]; `width` heads · head size. */
export function asMerged(site: Site, { value, text }: Stage, width: number): string {
  const stacked = text === 'b n s h' || text === 'b g s h'
  const split = text === 'b s n h' || text === 'b s g h'
  if (!stacked && !split) return value
  const rows = stacked ? site.once(`b s n h ${value}`, () => site.transpose(value, [0, 2, 1, 3])) : value
  return site.once(`b s nh ${value}`, () => site.reshape(rows, [0, 0, width]))
}

/** Makes the operator and what follows it. */
export function settle(site: Site, plan: AttentionPlan): void {
  const { attention, landing, absorbed, cache, zeroed, end } = plan
  const { draft } = site
  const { making, bias, rank } = plan.make(site)
  const gone = cache ? [cache.key.node, cache.value.node] : []
  const presents = cache ? [cache.key.present, cache.value.present] : []
  const origins = [...new Set([...absorbed, ...gone].flatMap(node => node.origins))]
  for (const node of gone) draft.remove(node)
  const steps = [
    ...(zeroed ? [zeroRows(site, bias)] : []),
    ...(rank === 4 ? [] : partings(site, attention, landing)),
  ]
  const made = {
    domain: '',
    ...making,
    inputs: trimmed(making.inputs),
    attributes: attributesFrom(making.attributes ?? {}),
    origins,
  }
  if (steps.length === 0) draft.replace(end, { ...made, outputs: [landing.value, ...presents] })
  else chained(site, { made, end, value: landing.value, presents, steps })
}

interface Chain {
  readonly made: Omit<NodeFields, 'outputs'>
  readonly end: Node
  /** What the last step gives. */
  readonly value: string
  readonly presents: readonly string[]
  readonly steps: readonly ((value: string) => Making)[]
}

/** The operator, and steps behind it of which the last stands where the attention ended. */
function chained(site: Site, { made, end, value, presents, steps }: Chain): void {
  const { draft } = site
  let current = draft.fresh(`${value}_merged`)
  const renamed = draft.replace(end, {
    name: draft.fresh(`${end.name}_layout`),
    outputs: [draft.fresh('replaced')],
  })
  const metadata = end.metadata ? { metadata: end.metadata } : {}
  draft.add({ ...made, name: made.op, outputs: [current, ...presents], ...metadata })
  for (const [at, next] of steps.entries()) {
    const { op, inputs, attributes = {} } = next(current)
    if (at < steps.length - 1) current = site.add(op, inputs, attributes)
    else
      draft.replace(renamed, {
        op,
        domain: '',
        inputs,
        outputs: [value],
        attributes: attributesFrom(attributes),
        origins: [],
      })
  }
}

/** Where(some key of the row is not at -Infinity, y, 0): what Softmax → IsNaN → Where(0) makes of such rows. */
function zeroRows(site: Site, bias: string): (value: string) => Making {
  const alive = site.once(`alive ${bias}`, () => {
    const highest = site.reduceMaxOfRows(bias)
    const some = site.add('Greater', [highest, site.number(-Infinity, bias)])
    return site.reshape(some, [0, -1, 1])
  })
  return value => ({ op: 'Where', inputs: [alive, value, site.number(0, bias)] })
}

/** From [b, s, n·h] to the layout that the graph goes on with. */
function partings(
  site: Site,
  { heads, valueSize }: Attention,
  { text }: Landing,
): ((value: string) => Making)[] {
  if (text === 'b s nh' || text === 'bn s h') return []
  const target = site.integers([0, 0, heads, valueSize])
  const part = (value: string): Making => ({ op: 'Reshape', inputs: [value, target] })
  const move = (value: string): Making => ({
    op: 'Transpose',
    inputs: [value],
    attributes: { perm: [0, 2, 1, 3] },
  })
  return text === 'b s n h' ? [part] : [part, move]
}

function trimmed(inputs: readonly string[]): readonly string[] {
  return inputs.slice(0, inputs.findLastIndex(input => input !== '') + 1)
}
