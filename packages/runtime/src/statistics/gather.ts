// Statistics over samples that stream through a session: one pass, and a second for histograms once their range is known.
import type { Feeds, StatisticRequest, StatisticResult } from '@damson/core'
import { DamsonError, type Graph } from '@damson/graph'
import type { SessionPool } from '../session/sessions.ts'
import { augment } from './augment.ts'
import type { Measure } from './measures.ts'
import { openTotals, type Totals } from './totals.ts'

/** Results by the `value` of the request; several kinds of one value are one result. Throws `statistics`. */
export async function gatherStatistics(
  pool: SessionPool,
  graph: Graph,
  requests: readonly StatisticRequest[],
  samples: AsyncIterable<Feeds>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, StatisticResult>> {
  checkRequests(requests)
  const first = await pass(pool, graph, requests, samples, signal)
  const results = new Map(first.totals.results(requests))
  const measures = requests
    .filter(request => request.kind === 'histogram')
    .map((request): Measure => ({
      ...request,
      range: first.totals.range(request),
      stride: first.totals.stride(request),
    }))
  if (measures.length === 0) return results
  const second = await pass(pool, graph, measures, samples, signal)
  if (second.runs !== first.runs) throw notRepeatable(first.runs, second.runs)
  for (const [value, result] of second.totals.results(measures))
    results.set(value, { ...results.get(value), ...result })
  return results
}

async function pass(
  pool: SessionPool,
  graph: Graph,
  measures: readonly Measure[],
  samples: AsyncIterable<Feeds>,
  signal: AbortSignal | undefined,
): Promise<{ readonly totals: Totals; readonly runs: number }> {
  const { graph: augmented, measured } = augment(graph, measures)
  const fetches = [...new Set(measured.flatMap(({ taps }) => taps.map(({ name }) => name)))]
  const totals = openTotals(measured)
  const session = await pool.acquire(augmented, {}, signal)
  let runs = 0
  try {
    for await (const feeds of samples) {
      signal?.throwIfAborted()
      totals.add(await session.run(feeds, { fetches, signal, part: 'statistics' }))
      runs++
    }
  } finally {
    await session.release()
  }
  return { totals, runs }
}

/** One result a value means one axis a value. */
function checkRequests(requests: readonly StatisticRequest[]): void {
  const axes = new Map<string, StatisticRequest>()
  for (const request of requests) {
    const before = axes.get(request.value)
    if (before && before.axis !== request.axis && request.kind !== 'gram' && before.kind !== 'gram') {
      throw new DamsonError(
        'statistics',
        `Expected one axis for all statistics of "${request.value}", got ${before.axis ?? 'none'} and ` +
          `${request.axis ?? 'none'}. Ask twice.`,
      )
    }
    axes.set(request.value, request)
  }
}

function notRepeatable(first: number, second: number): DamsonError {
  return new DamsonError(
    'samples',
    `Expected the same samples in both passes of a histogram, got ${first} and then ${second}. Pass an iterable that ` +
      'starts anew each time, not a generator that is used up.',
  )
}
