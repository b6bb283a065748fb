// Attention of ONNX 23. Everything [b, s, n·h] with the numbers of heads as attributes, or everything [b, n, s, h]; keys and
// values may have fewer heads. ONNX Runtime gives 0 for rows whose mask is -Infinity throughout, as torch's guard does, but
// also where it is float32's least number, of which Softmax makes equal weights: such masks are refused.
import type { Node } from '@damson/graph'
import { absorbedBy } from '../seek/absorbed.ts'
import { miss, type Miss } from '../seek/miss.ts'
import { float, type Site } from '../seek/site.ts'
import type { View } from '../seek/view.ts'
import { biasProblem, buildBias, leastBias } from './bias.ts'
import { cacheOf, type Cache } from './cache.ts'
import type { Attention } from './describe.ts'
import { stageAs, type Stage } from './heads.ts'
import { asMerged, landingOf, type AttentionPlan, type Made } from './settle.ts'
import type { Landing } from './weights.ts'

interface Form {
  readonly query: Stage
  readonly key: Stage
  readonly value: Stage
  readonly cache: Cache | undefined
  readonly landing: Landing
  readonly rank: 3 | 4
}

/** Masks that are no stand-in for -Infinity lie above these. */
const lowest = { float16: -6e4, other: -1e30 }

export function planOnnxAttention(view: View, attention: Attention): AttentionPlan | Miss {
  const { softmax, core } = attention
  const problem = biasProblem(view, attention)
  if (problem) return problem
  const [at = ''] = softmax.outputs
  const least = leastBias(view, attention)
  if (least === undefined)
    return miss(7, 'a mask may have rows of the least number, which would count as 0', at)
  const floor = view.dtype(at) === 'float16' ? lowest.float16 : lowest.other
  if (least < floor && least !== -Infinity) return miss(7, 'rows masked out wholly would count as 0', at)
  const form = threeD(view, attention) ?? fourD(view, attention)
  if (!form) return miss(7, 'heads are laid out otherwise in queries than in keys', at)
  const { query, key, value, cache, landing } = form
  const end = landing.passed.at(-1)
  if (!end) return miss(7, 'the result is not used', at)
  const passed = [query, key, value].flatMap(stage => stage.passed)
  const absorbed: ReadonlySet<Node> = absorbedBy(
    view.scope.body,
    [...passed, ...core, ...landing.passed],
    end,
  )
  const kept = core.find(node => !absorbed.has(node))
  if (kept) return miss(7, 'what it computes inside is used elsewhere', kept.outputs[0] ?? '')
  return {
    attention,
    end,
    absorbed,
    cache,
    zeroed: false,
    landing,
    make: site => making(site, attention, form),
  }
}

/** All [b, s, n·h], after a Reshape at most. */
function threeD(view: View, attention: Attention): Form | undefined {
  const query = stageAs(attention.query, 'b s nh', 'b s n h')
  const landing = landingOf(attention.landings)
  if (!query || !landing) return undefined
  const flat = ['b s nh', 'b s gh', 'b s n h', 'b s g h']
  const [key, value] = [stageAs(attention.key, ...flat), stageAs(attention.value, ...flat)]
  if (key && value) return { query, key, value, cache: undefined, landing, rank: 3 }
  const cache = cacheOf(view, attention, flat)
  return cache && { query, key: cache.key.fresh, value: cache.value.fresh, cache, landing, rank: 3 }
}

/** All [b, n, s, h]. */
function fourD(view: View, attention: Attention): Form | undefined {
  const { heads, kvHeads, landings } = attention
  const wanted = kvHeads < heads ? 'b g s h' : 'b n s h'
  const query = stageAs(attention.query, 'b n s h')
  const landing = landings.findLast(each => each.text === 'b n s h')
  if (!query || !landing) return undefined
  const cache = cacheOf(view, attention, [wanted])
  if (cache) return { query, key: cache.key.fresh, value: cache.value.fresh, cache, landing, rank: 4 }
  const [key, value] = [stageAs(attention.key, wanted), stageAs(attention.value, wanted)]
  return key && value && { query, key, value, cache: undefined, landing, rank: 4 }
}

function making(site: Site, attention: Attention, { query, key, value, cache, rank }: Form): Made {
  const { heads, kvHeads, headSize, valueSize } = attention
  const [q, k, v] =
    rank === 4
      ? [query.value, key.value, value.value]
      : [
          asMerged(site, query, heads * headSize),
          asMerged(site, key, kvHeads * headSize),
          asMerged(site, value, kvHeads * valueSize),
        ]
  const bias = buildBias(site, attention, q, rank - 2)
  const past = cache ? [cache.key.past, cache.value.past] : []
  const counts = rank === 4 ? {} : { q_num_heads: heads, kv_num_heads: kvHeads }
  const scale = float(attention.scale * query.scale * key.scale)
  return {
    bias,
    rank,
    making: { op: 'Attention', inputs: [q, k, v, bias, ...past], attributes: { ...counts, scale } },
  }
}
