// The before/after table.
import type { CompareReport, PartReport, SamplesReport } from '../compare/report.ts'
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
  const { machine } = report
  out(
    colors.dim(
      `  ${samplesText(report.samples)} ${machine.cores} cores ${machine.arch}, ONNX Runtime ${machine.ort}.`,
    ),
  )
}

function samplesText({ count, kind, generatedFor, fitted }: SamplesReport): string {
  const many = `${plural(count, 'sample')} a part`
  const others = fitted === undefined ? '' : ` Steps were fitted on ${plural(fitted, 'other')}.`
  if (kind === 'given') {
    const but = generatedFor ? `; made up for ${generatedFor.join(', ')}` : ''
    return `${many}, given${but}.${others}`
  }
  const made = 'made up from the types of the inputs: they tell that it runs, not how good it is'
  const same = fitted === undefined ? '' : ` Steps were fitted on ${plural(fitted, 'sample')} of that kind.`
  return `${many}, ${made}.${same}`
}

/** Several results side by side: a row each, with the worst of all outputs and the ratio of all runs together. */
export function showVariants(
  results: readonly { readonly name: string; readonly report?: CompareReport; readonly failed?: string }[],
  { out }: { readonly out: string },
  terminal: Terminal,
): void {
  const rows = results.map(({ name, report, failed }) => (report ? variantRow(name, report) : [name, failed === undefined ? 'not verified' : 'does not run'])) // prettier-ignore
  const head = ['variant', 'size', 'ratio', 'worst output', 'SQNR', 'cosine', 'new/old']
  const full = rows.map(row => head.map((_, at) => row[at] ?? ''))
  terminal.out(`\n${terminal.colors.bold('Variants')} in ${out}\n${table(head, full, terminal.colors)}`)
}

function variantRow(name: string, { parts }: CompareReport): readonly string[] {
  const [before, after] = [0, 1].map(at => parts.reduce((sum, { bytes }) => sum + (bytes[at] ?? 0), 0))
  const worst = parts
    .flatMap(({ part, outputs }) => outputs.map(each => ({ part, ...each })))
    .sort((a, b) => (a.sqnr ?? Infinity) - (b.sqnr ?? Infinity))[0]
  const times = parts.flatMap(({ latency }) => (latency ? [latency] : []))
  const total = (pick: (latency: (typeof times)[number]) => number): number =>
    times.reduce((sum, each) => sum + pick(each), 0)
  return [
    name,
    bytesText(after ?? 0),
    ratioText((after ?? 0) / (before ?? 0)),
    worst ? (parts.length > 1 ? `${worst.part}.${worst.output}` : worst.output) : '–',
    worst ? decibelText(worst.sqnr ?? Infinity) : '–',
    worst ? worst.cosine.toFixed(5) : '–',
    times.length === 0 ? '–' : ratioText(total(each => each.after) / total(each => each.before)),
  ]
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
