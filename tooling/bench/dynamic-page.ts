// docs/measured/dynamic-int8.md.
import type { DynamicModel } from './dynamic-models.ts'
import type { FileTimes } from './session-times.ts'

export type Timed = FileTimes & { readonly bytes: number }

/** Columns, in order. */
export const variants: Readonly<Record<string, string>> = {
  'damson': '`dynamicInt8()`',
  'damson-standard': '`format: standard`',
  'damson-int8': '`weights: int8`',
  'damson-convs': 'with `Conv`',
  'damson-llm': '`llmInt8()`',
  'tool': '`quantize_dynamic`, defaults',
  'tool-u8': 'its uint8 by channel',
} // prettier-ignore

export type WebTimed = Pick<FileTimes, 'ms' | 'latency'>

/** Columns of onnxruntime-web. */
const webVariants: Readonly<Record<string, string>> = {
  'damson': '`dynamicInt8()`',
  'without-conv': 'without `Conv`',
  'lstm': '`LSTM` alone, in integers',
  'weight-only': '`weightOnly()`, 4 bits',
} // prettier-ignore

type Results = ReadonlyMap<DynamicModel, Readonly<Record<string, Timed>>>

export function dynamicPage(
  results: Results,
  web: ReadonlyMap<DynamicModel, Readonly<Record<string, WebTimed>>>,
): string {
  // prettier-ignore
  return `# Dynamic int8, measured

One thread of an x86 processor without VNNI, plain ONNX Runtime 1.30 for Node; all files of a row take turns in one process. New/old as the median of the rounds, with its 95 % interval; under 1 is quicker than fp32. \`–\`: there is nothing to code. Made by \`pnpm --filter @damson/bench dynamic\`; the tool is ONNX Runtime 1.31.1's \`quantize_dynamic\` (\`tooling/peers/quantize-dynamic.py\`).

## A run

${table(results, 'fp32, ms', ({ ms }) => ms.toPrecision(3), ({ latency }) => ratioText(latency))}

## A run in onnxruntime-web

Target \`wasm\`, one thread of the same processor; onnxruntime-web 1.30 in Node.

${webTable(web)}

## Making a session

From the path to a session that is ready, onnxruntime-node.

${table(results, 'fp32, ms', ({ loadMs }) => loadMs.toPrecision(3), ({ load }) => ratioText(load))}

## Bytes

${table(results, 'fp32, MB', ({ bytes }) => (bytes / 1e6).toFixed(2), ({ bytes }, { bytes: before }) => `${(bytes / before).toFixed(2)}×`)}
`
}

function table(
  results: Results,
  first: string,
  source: (timed: Timed) => string,
  cell: (timed: Timed, source: Timed) => string,
): string {
  const head = ['model', first, ...Object.values(variants)]
  const rows = [...results].map(([{ name }, timed]) => {
    const before = timed['model']
    const cells = Object.keys(variants).map(variant => {
      const found = timed[variant]
      return found && before ? cell(found, before) : '–'
    })
    return [name, before ? source(before) : '–', ...cells]
  })
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function webTable(results: ReadonlyMap<DynamicModel, Readonly<Record<string, WebTimed>>>): string {
  const head = ['model', 'fp32, ms', ...Object.values(webVariants)]
  const rows = [...results].map(([{ name }, timed]) => {
    const cells = Object.keys(webVariants).map(variant => {
      const found = timed[variant]
      return found ? ratioText(found.latency) : '–'
    })
    return [name, Object.values(timed)[0]?.ms.toPrecision(3) ?? '–', ...cells]
  })
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const ratioText = ({ ratio, interval }: FileTimes['latency']): string =>
  `${ratio.toFixed(2)} (${interval.map(each => each.toFixed(2)).join('–')})`
