import type { Feeds, StatisticRequest, StatisticResult } from '@damson/core'
import { DamsonError, type Graph } from '@damson/graph'
import type { SessionPool } from '../session/sessions.ts'
export async function gatherStatistics(
  pool: SessionPool,
  graph: Graph,
  requests: readonly StatisticRequest[],
  samples: AsyncIterable<Feeds>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, StatisticResult>> {
  throw new DamsonError('x', 'y')
}
