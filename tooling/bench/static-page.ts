// The page of the static benchmark: for each model ours, the tool's variants and the ceiling in one table.
import type { FileTimes } from './session-times.ts'

export interface Measured {
  readonly sqnr: number
  readonly agreement: number
  readonly bytes: number
  /** Products in integers of all. */
  readonly integer: string
}

export interface SetResult {
  readonly about: {
    readonly name: string
    readonly inputs: string
    readonly calibration: number
    readonly evaluation: number
    readonly classifies?: true
  }
  /** Seconds by variant. */
  readonly fits: Readonly<Record<string, number>>
  readonly measured: Readonly<Record<string, Measured>>
  /** By variant, to the original. */
  readonly times: Readonly<Record<string, FileTimes>>
  /** dB. */
  readonly ceiling: number
  /** Our codes in exact arithmetic, dB. */
  readonly exact: number
  /** Of the original. */
  readonly bytes: number
}

export function staticPage(results: readonly Partial<SetResult>[]): string {
  return `# Static int8, measured

SQNR of the worst output over all evaluation samples against the float32 model; size and latency against it too. Latency is the median of runs, session that of making one, both with their 95 % intervals: plain ONNX Runtime 1.30 for Node, one thread, all files of a model in turn in one process. \`tool-…\` is ONNX Runtime 1.31's \`quantize_static\` (how it takes ranges, what shares a scale of weights, their type; \`products\`: only Conv, MatMul and Gemm, which has to be asked for) with uint8 activations and the same calibration samples; int8 weights within 7 bits as its documentation asks for on x86 without VNNI. *Ceiling*: weights in 8 bits by row and inputs of products in 8 bits over the range of each run, arithmetic exact. *Exact*: our codes, ONNX Runtime's optimizer off. What calibrates never judges. Integer: products in integers of all, those of two activations among them, in the optimized graph.

Made by \`pnpm --filter @damson/bench static\` (its stages are in the file's head) on an x86 processor without VNNI.

${results.flatMap(result => section(result)).join('\n\n')}
`
}

function section({ about, fits, measured, times, ceiling, exact, bytes = 1 }: Partial<SetResult>): readonly string[] {
  if (!about || !measured) return []
  const head = ['variant', 'SQNR', ...(about.classifies ? ['same answer'] : []), 'size', 'latency', 'session', 'integer', 'fit']
  const rows = Object.entries(measured).map(([variant, { sqnr, agreement, bytes: size, integer }]) => [
    `\`${variant}\``,
    `${sqnr.toFixed(1)} dB`,
    ...(about.classifies ? [`${(100 * agreement).toFixed(2)} %`] : []),
    `${(size / bytes).toFixed(2)}×`,
    ratio(times?.[variant]?.latency),
    ratio(times?.[variant]?.load),
    integer,
    fits?.[variant] === undefined ? '–' : `${fits[variant].toFixed(1)} s`,
  ])
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    `## ${about.name}`,
    `${about.inputs}; ${about.calibration} samples calibrate, ${about.evaluation} judge. Ceiling ${ceiling?.toFixed(1)} dB, exact ${exact?.toFixed(1)} dB.`,
    [head, head.map(() => '---'), ...rows].map(line).join('\n'),
  ]
} // prettier-ignore

function ratio(found: FileTimes['latency'] | undefined): string {
  if (!found) return '–'
  const [low, high] = found.interval.map(each => each.toFixed(2))
  return `${found.ratio.toFixed(2)}× (${low}–${high})`
}
