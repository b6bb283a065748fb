// docs/measured/compilers.md.
import type { FileTimes } from './session-times.ts'

/** One model through one recipe. `peer`: nodes after OnnxSlim; `apart`: least tolerance tried that outputs are within. */
export interface Compiled {
  readonly path: string
  readonly before: number
  readonly after: number
  readonly seconds: number
  readonly peer?: number
  readonly apart?: number
  readonly times?: FileTimes
}

export function compilersPage(results: Readonly<Record<string, readonly Compiled[]>>): string {
  const parts = Object.entries(results).filter(([, rows]) => rows.length > 0)
  // prettier-ignore
  return `# Compilers, measured

Nodes count those of nested bodies, and no \`Constant\`. Outputs are compared with the source's on random inputs: \`bits\` or the least tolerance (absolute and relative, of 1e-6, 1e-5 …) within which all are. A run and the making of a session: plain ONNX Runtime 1.30 for Node with all its own optimizations, one thread of an x86 processor, source and compiled model in turn; new/old as the median of the rounds with its 95 % interval, under 1 is quicker. Two sessions of one file differ by some percent, so five of each take part. Made by \`pnpm --filter @damson/bench compilers\`; OnnxSlim's counts by \`tooling/peers/slim-counts.py\`.
${parts.map(([name, rows]) => section(name, rows)).join('')}`
}

function section(name: string, rows: readonly Compiled[]): string {
  const slower = rows.filter(({ times }) => (times?.latency.interval[0] ?? 0) > 1.02)
  const verdict = slower.length === 0 ? 'No interval of a run lies wholly above 1.02.' : `Wholly above 1.02 lie ${slower.map(row => row.path).join(', ')}.` // prettier-ignore
  return `
## ${name}

${verdict}

| model | nodes | OnnxSlim | ${name} | outputs | source, ms | a run | making a session |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.map(rowText).join('\n')}
`
}

function rowText({ path, before, after, peer, apart, times }: Compiled): string {
  const short = path.replace(/^(models|fixtures)\//, '').replace(/\/model\.onnx$|\.onnx$/, '')
  const outputs = apart === 0 ? 'bits' : (apart?.toExponential(0) ?? 'further')
  const timed = times
    ? [times.ms.toPrecision(3), ratioText(times.latency), ratioText(times.load)]
    : ['–', '–', '–']
  return `| ${[short, before, peer ?? '–', after, outputs, ...timed].join(' | ')} |`
}

function ratioText({ ratio, interval }: FileTimes['latency']): string {
  return `${ratio.toFixed(2)} (${interval.map(each => each.toFixed(2)).join('–')})`
}
