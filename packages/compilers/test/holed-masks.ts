// Feeds with padding in the attention masks.
import type { Feeds } from '@damson/core'

/** Masks with holes: the first key of every third row is hidden, so some rows of causal models see nothing. */
export function holed(feeds: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => {
      if (!/attention_mask/.test(name) || feed.dtype !== 'int64') return [name, feed]
      const bits = Array.from({ length: feed.data.length }, (_, at) => (at % 3 === 0 ? 0n : 1n))
      return [name, { dtype: 'int64' as const, shape: feed.shape, data: BigInt64Array.from(bits) }]
    }),
  )
}
