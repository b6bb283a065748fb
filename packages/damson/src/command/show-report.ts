// The before/after table.
import type { CompareReport, PartReport } from '../compare/report.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { bytesText, countText, decibelText, plural, ratioText, timeText } from './units.ts'

/** Prints a comparison: a row a part, the worst output of each, then loading. */
export function showReport(report: CompareReport, terminal: Terminal): void {
  const { out, colors } = terminal
  const rows = report.parts.map(partRow)
  const head = [
    'part', 'parameters', 'size before', 'after', 'ratio', 'worst output', 'SQNR', 'cosine', 'run before', 'after', 'new/old (95 %)',
  ] // prettier-ignore
  out(table(head, [...rows, totalRow(report)], colors))
  const [before, after] = report.load ?? []
  if (before && after) {
    const peak = `${bytesText(before.peakBytes)} → ${bytesText(after.peakBytes)}`
    out(
      `\n  load and first run ${timeText(before.ms)} → ${timeText(after.ms)}, peak memory of that process ${peak}`,
    )
  }
  const { samples, machine } = report
  const kind =
    samples.kind === 'generated'
      ? 'made up from the types of the inputs: they tell that it runs, not how good it is'
      : 'given'
  out(
    colors.dim(
      `  ${plural(samples.count, 'sample')} a part, ${kind}. ${machine.cores} cores ${machine.arch}, ONNX Runtime ${machine.ort}.`,
    ),
  )
}

function partRow({
  part,
  bytes: [before, after],
  parameters,
  outputs,
  latency,
}: PartReport): readonly string[] {
  const worst = [...outputs].sort((a, b) => (a.sqnr ?? Infinity) - (b.sqnr ?? Infinity))[0]
  return [
    part,
    countText(parameters[1]),
    bytesText(before),
    bytesText(after),
    ratioText(after / before),
    worst?.output ?? '–',
    worst ? decibelText(worst.sqnr ?? Infinity) : '–',
    worst ? worst.cosine.toFixed(5) : '–',
    latency ? timeText(latency.before) : '–',
    latency ? timeText(latency.after) : '–',
    latency
      ? `${ratioText(latency.ratio)} (${latency.interval.map(value => value.toFixed(2)).join('–')})`
      : '–',
  ]
}

function totalRow({ parts }: CompareReport): readonly string[] {
  const sum = (pick: (part: PartReport) => number): number =>
    parts.reduce((total, part) => total + pick(part), 0)
  const [before, after] = [sum(part => part.bytes[0]), sum(part => part.bytes[1])]
  return [
    'all',
    countText(sum(part => part.parameters[1])),
    bytesText(before),
    bytesText(after),
    ratioText(after / before),
    '',
    '',
    '',
    '',
    '',
    '',
  ]
}
