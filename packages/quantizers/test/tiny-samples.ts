// Samples of tiny models and fixtures, made from their graphs.
import type { Model, Sample } from '@damson/core'
import { feedsFor } from '@damson/runtime'

/** Eight samples of each part; evaluation takes seeds from 100 on. */
export async function tinySamples(model: Model): Promise<readonly Sample[]> {
  const dims = { batch: 4, batch_size: 2, sequence: 12, sequence_length: 12, n: 24 }
  return [...model.parts.values()].flatMap(part =>
    [1, 2, 3, 4, 5, 6, 7, 8].map(seed => ({ part: part.name, feeds: feedsFor(part.graph, { seed, dims }) })),
  )
}
