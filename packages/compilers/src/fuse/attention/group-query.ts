// com.microsoft.GroupQueryAttention. Queries [b, s, n·h], new keys and values [b, s, g·h], a cache [b, g, p, h] that it grows; row i
// of the queries sees the keys up to p + i, and a mask is added besides. ONNX Runtime 1.30 refuses more than one position
// in more than one batch row when there is a past, so it is made only where one of them is 1 for certain; with one
// position the order of keys hides nothing.
import { absorbedBy } from '../seek/absorbed.ts'
import { miss, type Miss } from '../seek/miss.ts'
import { float, type Site } from '../seek/site.ts'
import type { View } from '../seek/view.ts'
import { biasProblem, buildBias, leastBias, maskedAlike } from './bias.ts'
import { cacheOf, type Cache } from './cache.ts'
import type { Attention } from './describe.ts'
import { stageAs, type Stage } from './heads.ts'
import { asMerged, landingOf, type AttentionPlan, type Made } from './settle.ts'

const flat = ['b s gh', 'b s g h', 'b g s h']

export function planGroupQuery(view: View, attention: Attention): AttentionPlan | Miss {
  const { softmax, headSize, valueSize, length, landings, core } = attention
  const [at = ''] = softmax.outputs
  if (length !== 1)
    return miss(6, 'more than one position at once is not for certain runnable with a past', at)
  if (headSize !== valueSize) return miss(6, 'keys and values differ in size', at)
  const problem = biasProblem(view, attention)
  if (problem) return problem
  const cache = cacheOf(view, attention, flat)
  const query = stageAs(attention.query, 'b s nh', 'b s n h', 'b n s h')
  const landing = landingOf(landings)
  const end = landing?.passed.at(-1)
  if (!cache || !query || !landing || !end) return miss(6, 'there is no cache that grows', at)
  const zeroed = attention.guarded && (leastBias(view, attention) ?? -Infinity) === -Infinity
  if (zeroed && !maskedAlike(view, attention)) return miss(6, 'each head has a mask of its own', at)
  const passed = [query, cache.key.fresh, cache.value.fresh].flatMap(stage => stage.passed)
  const absorbed = absorbedBy(view.scope.body, [...passed, ...core, ...landing.passed], end)
  const kept = core.find(node => !absorbed.has(node))
  if (kept) return miss(7, 'what it computes inside is used elsewhere', kept.outputs[0] ?? '')
  return {
    attention,
    end,
    absorbed,
    cache,
    zeroed,
    landing,
    make: site => making(site, attention, query, cache),
  }
}

function making(site: Site, attention: Attention, query: Stage, { key, value }: Cache): Made {
  const { heads, kvHeads, headSize } = attention
  const q = asMerged(site, query, heads * headSize)
  const k = asMerged(site, key.fresh, kvHeads * headSize)
  const v = asMerged(site, value.fresh, kvHeads * headSize)
  const bias = buildBias(site, attention, q, 1)
  const total = totalLength(site, key.past, k)
  const seen = site.once(`seen ${total} ${q}`, () => {
    const last = site.add('Sub', [total, site.integers32([1])])
    return site.add('Expand', [last, site.size(q, 0)])
  })
  const scalar = site.once(`scalar ${total}`, () => site.add('Reshape', [total, site.integers([])]))
  const attributes = {
    num_heads: heads,
    kv_num_heads: kvHeads,
    scale: float(attention.scale * query.scale * key.fresh.scale),
  }
  const inputs = [q, k, v, key.past, value.past, seen, scalar, '', '', '', bias]
  return { bias, rank: 3, making: { op: 'GroupQueryAttention', domain: 'com.microsoft', inputs, attributes } }
}

/** Past and new positions, int32 [1]. */
function totalLength(site: Site, past: string, added: string): string {
  return site.once(`total ${past}`, () => {
    const sum = site.add('Add', [site.size(past, 2), site.size(added, 1)])
    return site.add('Cast', [sum], { to: 6 })
  })
}
