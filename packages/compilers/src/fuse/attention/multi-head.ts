// com.microsoft.MultiHeadAttention. Queries [b, s, n·h]; keys and values [b, t, n·h], or [b, n, t, h] as they stand in a cache;
// it splits and merges the heads itself:
//   y = merge(Softmax(scale · split(q)·split(k)ᵀ + bias) · split(v))
// A cache may go in as past [b, n, p, h] and comes out grown by the new keys. Contract: ContribOperators.md of ONNX Runtime.
import type { Node } from '@damson/graph'
import { absorbedBy } from './absorbed.ts'
import { biasProblem, buildBias, leastBias } from './bias.ts'
import { cacheOf, type Cache } from './cache.ts'
import type { Attention } from './describe.ts'
import { stageAs, type Stage } from './heads.ts'
import { miss, type Miss } from './miss.ts'
import { asMerged, settle, type Making } from './settle.ts'
import { float, type Site } from './site.ts'
import type { View } from './view.ts'
import type { Landing } from './weights.ts'

/** What the operator would be made of. */
export interface MultiHead {
  readonly attention: Attention
  readonly query: Stage
  readonly key: Stage
  readonly value: Stage
  readonly cache: Cache | undefined
  readonly scale: number
  /** Rows without any unmasked key are put to zero behind the operator, which makes NaN of them. */
  readonly zeroed: boolean
  readonly landing: Landing
  readonly absorbed: ReadonlySet<Node>
}

/** Layouts from which [b, s, n·h] is made by at most a Transpose and a Reshape, the cheapest first. */
export const merged = (heads: number): readonly string[] =>
  heads === 1 ? ['b s nh', 'bn s h', 'b s n h', 'b n s h'] : ['b s nh', 'b s n h', 'b n s h']

/** The parts of the operator, or what its contract does not allow. */
export function planMultiHead(view: View, attention: Attention): MultiHead | Miss {
  const problem = biasProblem(view, attention)
  if (problem) return problem
  const { heads, landings } = attention
  const query = stageAs(attention.query, ...merged(heads))
  if (!query) return miss(6, 'the heads of the queries cannot be merged', attention.query[0]?.value ?? '')
  const pair = keysAndValues(view, attention)
  if (!pair) return miss(6, 'keys and values are not laid out alike', attention.key[0]?.value ?? '')
  const zeroed = attention.guarded && (leastBias(view, attention) ?? -Infinity) === -Infinity
  if (zeroed && !maskedAlike(view, attention)) {
    return miss(6, 'a mask of its own for each head guards its rows', attention.softmax.outputs[0] ?? '')
  }
  const landing = landingOf(landings)
  const { body } = view.scope
  const end = landing?.passed.at(-1)
  if (!landing || !end) return miss(6, 'the heads of the result cannot be merged', landings[0]?.value ?? '')
  const cache = pair.cache
  const passed = [query, pair.key, pair.value].flatMap(stage => stage.passed)
  const absorbed = absorbedBy(body, [...passed, ...attention.core, ...landing.passed], end)
  const kept = attention.core.find(node => !absorbed.has(node))
  if (kept) return miss(6, 'what it computes inside is used elsewhere', kept.outputs[0] ?? '')
  const scale = attention.scale * query.scale * pair.key.scale
  return { attention, query, ...pair, cache, scale, zeroed, landing, absorbed }
}

/** The last landing with merged heads, else the first that there is. */
export function landingOf(landings: readonly Landing[]): Landing | undefined {
  for (const text of ['b s nh', 'bn s h', 'b s n h', 'b n s h']) {
    const found = landings.find(landing => landing.text === text)
    if (found) return found
  }
  return undefined
}

/** Keys and values both 3-D, both behind a cache, or both 4-D with all heads. */
function keysAndValues(
  view: View,
  attention: Attention,
): Pick<MultiHead, 'key' | 'value' | 'cache'> | undefined {
  const { heads } = attention
  const flat = merged(heads).slice(0, -1)
  const [key3, value3] = [stageAs(attention.key, ...flat), stageAs(attention.value, ...flat)]
  if (key3 && value3) return { key: key3, value: value3, cache: undefined }
  const cache = attention.kvHeads === heads ? cacheOf(view, attention, flat) : undefined
  if (cache) return { key: cache.key.fresh, value: cache.value.fresh, cache }
  const [key4, value4] = [stageAs(attention.key, 'b n s h'), stageAs(attention.value, 'b n s h')]
  return key4 && value4 ? { key: key4, value: value4, cache: undefined } : undefined
}

/** True when no mask tells heads apart. */
export function maskedAlike(view: View, { masks }: Attention): boolean {
  return masks.every(mask => {
    const shape = view.shape(mask.kind === 'add' ? mask.value : mask.where)
    return shape !== undefined && (shape.length < 3 || shape.at(-3) === 1)
  })
}

/** Puts the operator in the place of the node that ended the attention. */
export function buildMultiHead(site: Site, plan: MultiHead): void {
  const { attention, cache } = plan
  const query = asMerged(site, plan.query, attention.headSize * attention.heads)
  const flat = plan.key.text !== 'b n s h'
  const key = flat ? asMerged(site, plan.key, attention.headSize * attention.heads) : plan.key.value
  const value = flat ? asMerged(site, plan.value, attention.valueSize * attention.heads) : plan.value.value
  const bias = buildBias(site, attention, query, 1)
  const past = cache ? [cache.key.past, cache.value.past] : []
  const operator: Making = {
    op: 'MultiHeadAttention',
    domain: 'com.microsoft',
    inputs: [query, key, value, '', '', bias, ...past],
    attributes: { num_heads: attention.heads, scale: float(plan.scale) },
  }
  settle(site, plan, operator, bias)
}
