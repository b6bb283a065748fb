// What half precision would mean for a model, without making one: the report of the fp16 doctor alone.
import { DamsonError, type Feeds, type Model, type Part, type Runtime, type Target } from '@damson/core'
import { refuse, type Refusal } from '@damson/graph'
import { createCoder } from './coder.ts'
import { examine, findingsOf } from './half-fit.ts'
import {
  everywhere,
  halfGraphOf,
  layOut,
  type HalfAim,
  type HalfFindings,
  type HalfLayout,
} from './half-layout.ts'
import { reportOf, type HalfReport } from './half-report.ts'

export interface Fp16ReportOptions {
  readonly runtime: Runtime
  /** The machine it is meant for; default that of the runtime. */
  readonly target?: Target
  /** What each part is run with. The ranges are those of these feeds. */
  readonly feeds: (part: string) => readonly Feeds[]
  readonly signal?: AbortSignal
  readonly onProgress?: (part: string, done: number, total: number) => void
}

/** The report of every part; a refusal where a part has nothing that may become a half. Throws what running it throws. */
export async function fp16Report(
  model: Model,
  options: Fp16ReportOptions,
): Promise<ReadonlyMap<string, HalfReport | Refusal>> {
  const reports = new Map<string, HalfReport | Refusal>()
  for (const part of model.parts.values()) reports.set(part.name, await reportPart(part, options))
  return reports
}

async function reportPart(part: Part, options: Fp16ReportOptions): Promise<HalfReport | Refusal> {
  const { runtime, feeds, signal = new AbortController().signal, onProgress = () => {} } = options
  const aim: HalfAim = {
    type: 'float16',
    io: 'keep',
    target: options.target ?? runtime.target,
    computes: true,
  }
  const coder = createCoder(() => {})
  const lay = (found: HalfFindings): HalfLayout =>
    layOut(halfGraphOf(part.graph, aim.type), aim, found, everywhere, { coder, key: 'report' })
  const patient = { name: part.name, guard: 'calibrated', aim, layOut: lay } as const
  try {
    const found = await examine(patient, coder, {
      signal,
      progress: (done, total) => onProgress(part.name, done, total),
      statistics: (_part, requests, graph = part.graph) =>
        runtime.statistics(graph, requests, eachOf(feeds(part.name)), { signal }),
    })
    return reportOf(lay(findingsOf(found)), found)
  } catch (error) {
    if (DamsonError.isInstance(error, 'recursion') || DamsonError.isInstance(error, 'opset-mismatch'))
      return refuse(error.message, part.name)
    throw error
  }
}

async function* eachOf(feeds: readonly Feeds[]): AsyncIterable<Feeds> {
  yield* feeds
}
