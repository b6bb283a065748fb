// What half precision would mean for a model: which values leave its range, which nodes would stay in fp32 for them, which
// weights do not fit. The report of `half` with samples, alone: nothing is written.
import type { Feeds, Model } from '@damson/core'
import { isRefusal, type Refusal } from '@damson/graph'
import { fp16Report, type HalfReport } from '@damson/quantizers'
import { createRuntime, feedsFor } from '@damson/runtime'
import { feedsFrom } from './recording.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { plural } from './units.ts'

export interface InspectFp16Options {
  readonly target: string
  readonly samples?: string
  readonly dim?: Readonly<Record<string, number>>
  readonly json?: boolean
}

/** The report of one part. */
export interface Fp16Inspection {
  readonly part: string
  readonly feeds: { readonly kind: 'generated' | 'given'; readonly count: number }
  readonly report?: HalfReport
  readonly refused?: string
}

/** Feeds of a part that are made up when none are given. */
const generated = 4

/** Runs the fp32 model on feeds and reports. */
export async function inspectFp16(
  model: Model,
  { target, samples, dim }: InspectFp16Options,
  terminal: Terminal,
): Promise<readonly Fp16Inspection[]> {
  const given = await feedsFrom(samples, model, terminal)
  const feeds = new Map(
    [...model.parts].map(([name, { graph }]) => [name, given?.get(name) ?? madeUp(graph, dim)]),
  )
  const runtime = createRuntime()
  const bar = await terminal.progress()
  try {
    const reports = await fp16Report(model, {
      runtime, target, signal: terminal.signal,
      feeds: part => feeds.get(part) ?? [],
      onProgress: (part, done, total) => bar.update(`weights of ${part}`, done, total),
    }) // prettier-ignore
    return [...reports].map(([part, report]) => ({
      part,
      feeds: { kind: given?.has(part) === true ? 'given' : 'generated', count: feeds.get(part)?.length ?? 0 },
      ...outcome(report),
    }))
  } finally {
    bar.stop()
    await runtime.close()
  }
}

function madeUp(graph: Parameters<typeof feedsFor>[0], dims: InspectFp16Options['dim']): readonly Feeds[] {
  return Array.from({ length: generated }, (_, seed) => feedsFor(graph, { seed, ...(dims ? { dims } : {}) }))
}

function outcome(report: HalfReport | Refusal): Pick<Fp16Inspection, 'report' | 'refused'> {
  return isRefusal(report) ? { refused: report.refused } : { report }
}

/** Prints the reports. */
export function showFp16(inspections: readonly Fp16Inspection[], terminal: Terminal): void {
  const { out, colors } = terminal
  for (const { part, feeds, report, refused } of inspections) {
    out(`${colors.bold(part)}`)
    if (!report) {
      out(`  refused: ${refused ?? ''}`)
      continue
    }
    const made = feeds.kind === 'generated' ? 'made up, so real ones may reach further (--samples)' : 'given'
    out(
      `  ${plural(report.halfNodes, 'node')} on halves, ${report.floatNodes} in fp32; ranges of ${plural(report.measured, 'value')} on ${plural(feeds.count, 'sample')}, ${made}`,
    )
    if (report.unmeasured > 0) out(`  ${plural(report.unmeasured, 'value')} in loops not measured`)
    const islands = report.islands.map(({ value, min, max, why, nodes }) => [
      value, min.toPrecision(3), max.toPrecision(3), why, nodes.join(', '),
    ]) // prettier-ignore
    if (islands.length > 0) out(table(['value', 'min', 'max', 'why', 'stay in fp32'], islands, colors))
    const weights = [
      ...report.unfit.map(({ weight, why }) => [weight, 'stays in fp32', why]),
      ...report.clamped.map(({ weight, from, to }) => [weight, 'is cut', `${from.toPrecision(3)} to ${to}`]),
    ]
    if (weights.length > 0) out(table(['weight', '', ''], weights, colors))
    if (islands.length + report.unfit.length === 0) out('  nothing leaves the range of a half')
  }
}
