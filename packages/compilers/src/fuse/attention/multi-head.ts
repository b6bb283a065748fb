// com.microsoft.MultiHeadAttention. Queries [b, s, n·h]; keys and values [b, t, n·h], or [b, n, t, h] as they stand in a cache;
// it splits and merges the heads itself:
//   y = merge(Softmax(scale · split(q)·split(k)ᵀ + bias) · split(v))
// A cache may go in as past [b, n, p, h] and comes out grown by the new keys. Contract: ContribOperators.md of ONNX Runtime.
import { absorbedBy } from '../seek/absorbed.ts'
import { miss, type Miss } from '../seek/miss.ts'
import { float, type Site } from '../seek/site.ts'
import type { View } from '../seek/view.ts'
import { biasProblem, buildBias, leastBias, maskedAlike } from './bias.ts'
import { cacheOf, type Cache } from './cache.ts'
import type { Attention } from './describe.ts'
import { stageAs, type Stage } from './heads.ts'
import { asMerged, landingOf, type AttentionPlan, type Made } from './settle.ts'

interface KeysAndValues {
  readonly key: Stage
  readonly value: Stage
  readonly cache: Cache | undefined
}

/** Layouts from which [b, s, n·h] is made by at most a Transpose and a Reshape, the cheapest first. */
const mergeable = (heads: number): readonly string[] =>
  heads === 1 ? ['b s nh', 'bn s h', 'b s n h', 'b n s h'] : ['b s nh', 'b s n h', 'b n s h']

/** The operator for an attention, or what its contract does not allow. */
export function planMultiHead(view: View, attention: Attention): AttentionPlan | Miss {
  const problem = biasProblem(view, attention)
  if (problem) return problem
  const { heads, landings, core } = attention
  const query = stageAs(attention.query, ...mergeable(heads))
  if (!query) return miss(7, 'the heads of the queries cannot be merged', attention.query[0]?.value ?? '')
  const pair = keysAndValues(view, attention)
  if (!pair) return miss(7, 'keys and values are not laid out alike', attention.key[0]?.value ?? '')
  const zeroed = attention.guarded && (leastBias(view, attention) ?? -Infinity) === -Infinity
  if (zeroed && !maskedAlike(view, attention)) {
    return miss(
      7,
      'rows are guarded against a mask that each head has its own of',
      attention.softmax.outputs[0] ?? '',
    )
  }
  const landing = landingOf(landings)
  const end = landing?.passed.at(-1)
  if (!landing || !end) return miss(7, 'the heads of the result cannot be merged', landings[0]?.value ?? '')
  const passed = [query, pair.key, pair.value].flatMap(stage => stage.passed)
  const absorbed = absorbedBy(view.scope.body, [...passed, ...core, ...landing.passed], end)
  const kept = core.find(node => !absorbed.has(node))
  if (kept) return miss(7, 'what it computes inside is used elsewhere', kept.outputs[0] ?? '')
  const { cache } = pair
  return {
    attention,
    end,
    absorbed,
    cache,
    zeroed,
    landing,
    make: site => making(site, attention, query, pair),
  }
}

/** Keys and values both 3-D, both behind a cache, or both 4-D with all heads. A cache holds heads of one size. */
function keysAndValues(view: View, attention: Attention): KeysAndValues | undefined {
  const { heads, kvHeads, headSize, valueSize } = attention
  const flat = mergeable(heads).slice(0, -1)
  const [key3, value3] = [stageAs(attention.key, ...flat), stageAs(attention.value, ...flat)]
  if (key3 && value3) return { key: key3, value: value3, cache: undefined }
  const cache = kvHeads === heads && headSize === valueSize ? cacheOf(view, attention, flat) : undefined
  if (cache) return { key: cache.key.fresh, value: cache.value.fresh, cache }
  const [key4, value4] = [stageAs(attention.key, 'b n s h'), stageAs(attention.value, 'b n s h')]
  return key4 && value4 ? { key: key4, value: value4, cache: undefined } : undefined
}

function making(site: Site, attention: Attention, query: Stage, { key, value, cache }: KeysAndValues): Made {
  const { heads, headSize, valueSize } = attention
  const q = asMerged(site, query, headSize * heads)
  // ONNX Runtime takes keys and values of four dimensions only with heads of one size.
  const whole = key.text === 'b n s h' && headSize === valueSize
  const k = whole ? key.value : asMerged(site, key, headSize * heads)
  const v = whole ? value.value : asMerged(site, value, valueSize * heads)
  const bias = buildBias(site, attention, q, 1)
  const past = cache ? [cache.key.past, cache.value.past] : []
  const attributes = { num_heads: heads, scale: float(attention.scale * query.scale * key.scale) }
  const inputs = [q, k, v, '', '', bias, ...past]
  return { bias, rank: 3, making: { op: 'MultiHeadAttention', domain: 'com.microsoft', inputs, attributes } }
}
