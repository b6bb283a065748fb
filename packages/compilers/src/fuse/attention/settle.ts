// An operator takes its place: what it needs is brought into its layout before it, what the graph expects is made of its result
// behind it, and the last node made stands where the attention ended.
import type { Node } from '@damson/graph'
import type { Cache } from './cache.ts'
import type { Attention } from './describe.ts'
import type { Stage } from './heads.ts'
import { attributesFrom, type Attributes, type Site } from './site.ts'
import type { Landing } from './weights.ts'

/** A node to be made, but for its outputs. */
export interface Making {
  readonly op: string
  readonly domain?: string
  readonly inputs: readonly string[]
  readonly attributes?: Attributes
}

export interface Settling {
  readonly attention: Attention
  readonly landing: Landing
  readonly absorbed: ReadonlySet<Node>
  readonly cache: Cache | undefined
  /** Rows without any unmasked key are put to zero behind the operator. */
  readonly zeroed: boolean
}

/** A value as [b, s, width]; `width` heads · head size. */
export function asMerged(site: Site, { value, text }: Stage, width: number): string {
  if (text === 'b n s h' || text === 'b g s h') {
    const moved = site.once(`b s n h ${value}`, () => site.transpose(value, [0, 2, 1, 3]))
    return site.once(`b s nh ${value}`, () => site.reshape(moved, [0, 0, width]))
  }
  const split = text === 'b s n h' || text === 'b s g h'
  return split ? site.once(`b s nh ${value}`, () => site.reshape(value, [0, 0, width])) : value
}

/** Makes the operator, whose first output is [b, s, n·h], and what follows it. */
export function settle(site: Site, plan: Settling, operator: Making, bias: string): void {
  const { attention, landing, absorbed, cache, zeroed } = plan
  const end = landing.passed.at(-1)
  if (!end) return
  const { draft } = site
  const gone = cache ? [cache.key.node, cache.value.node] : []
  const presents = cache ? [cache.key.present, cache.value.present] : []
  const origins = [...new Set([...absorbed, ...gone].flatMap(node => node.origins))]
  for (const node of gone) draft.remove(node)
  const then = [...(zeroed ? [zeroRows(site, bias)] : []), ...partings(site, attention, landing)]
  const made = {
    ...operator,
    inputs: trimmed(operator.inputs),
    attributes: attributesFrom(operator.attributes ?? {}),
  }
  if (then.length === 0) {
    draft.replace(end, { domain: '', ...made, outputs: [landing.value, ...presents], origins })
    return
  }
  let current = draft.fresh(`${landing.value}_merged`)
  const metadata = end.metadata ? { metadata: end.metadata } : {}
  const renamed = draft.replace(end, { name: draft.fresh(`${end.name}_layout`) })
  draft.add({ ...made, name: operator.op, outputs: [current, ...presents], origins, ...metadata })
  for (const [at, make] of then.entries()) {
    const { op, inputs, attributes = {} } = make(current)
    const last = at === then.length - 1
    if (last)
      draft.replace(renamed, {
        op,
        domain: '',
        inputs,
        outputs: [landing.value],
        attributes: attributesFrom(attributes),
        origins: [],
      })
    else current = site.add(op, inputs, attributes)
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
