// The page of `autoBits` and 8 bits: medians over seeds, model by model, and how many models reach what was aimed at.
import { mostGrown } from './same-bytes.ts'

/** What one model gave with the samples of one seed, SQNR in dB of the worst output. */
export interface Cell {
  readonly model: string
  readonly inputs: string
  readonly seed: number
  readonly four: {
    readonly even: number
    readonly allotted: number
    /** Size of the file, allotted to even. */
    readonly file: number
    readonly megabytes: number
    readonly seconds: number
  }
  readonly eight: {
    readonly exact: number
    readonly level4: number
    readonly dynamic: number
    /** Codes that make up for one another. */
    readonly learnt: number
  }
}

const aim = 4.5

const median = (values: readonly number[]): number => {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
const dB = (value: number): string => (Number.isFinite(value) ? value.toFixed(1) : '–')
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(line).join('\n')

/** The page; models without cells are left out. */
export function allotPage(models: readonly string[], cells: readonly Cell[]): string {
  const groups = models
    .map(name => cells.filter(({ model }) => model === name))
    .filter(({ length }) => length > 0)
  const gains = groups.map(each => median(each.map(({ four }) => four.allotted - four.even)))
  const four = groups.map((each, at) => {
    const of = (read: (four: Cell['four']) => number): number => median(each.map(cell => read(cell.four)))
    return [
      each[0]?.model ?? '', each[0]?.inputs ?? '', of(({ megabytes }) => megabytes).toFixed(2), dB(of(({ even }) => even)),
      dB(of(({ allotted }) => allotted)), `${dB(gains[at] ?? NaN)}`, of(({ file }) => file).toFixed(3), `${each.length}`,
    ] // prettier-ignore
  })
  const eight = groups.map(each => {
    const of = (read: (eight: Cell['eight']) => number): string =>
      dB(median(each.map(cell => read(cell.eight))))
    return [
      each[0]?.model ?? '',
      of(({ exact }) => exact),
      of(({ learnt }) => learnt),
      of(({ level4 }) => level4),
      of(({ dynamic }) => dynamic),
    ]
  })
  const small = groups.map(each => median(each.map(cell => cell.four.file)) <= mostGrown)
  const reached = gains.filter((gain, at) => gain >= aim && small[at]).length
  return `# autoBits, and 8 bits

## Bits where they matter, at the size of 4

SQNR in dB of the worst output: \`weightOnly({ symmetric: true, rounding: 'nearest', convs: true })\`, that is 4 bits in blocks of 32 by range, tables and convolutions included, and \`autoBits\` at its defaults with \`convs\` over the same weights, in as many bytes. What is judged on was not learnt from; where there are several seeds of learning, medians. \`file\`: size of the whole file, allotted to even.

${table(['model', 'inputs', 'MB', 'even, dB', 'autoBits, dB', 'gain, dB', 'file', 'seeds'], four)}

${aim} dB or more in a file of the same size (${mostGrown} at most) on ${reached} of the ${groups.length} models that were measured.

## 8 bits

SQNR in dB of the worst output on the same inputs, blocks of 32: \`weightOnly({ bits: 8, convs: true })\` with products in fp32 (\`accuracyLevel\` 1) and with int8 activations (4), and those of \`gptq({ bits: 8, blockSize: 16, sweeps: 3, inherited: 0.5, convs: true, accuracyLevel: 1 })\`, a tenth more bytes, beside \`dynamicInt8({ per: 'tensor', weights: 'int8' })\`, the types that ONNX Runtime's \`quantize_dynamic\` takes by default, on the nodes that ours codes (– where there are none).

${table(['model', 'fp32 products, dB', 'gptq, dB', 'int8 activations, dB', 'dynamic int8, dB'], eight)}

Made by \`pnpm --filter @damson/bench allot\`.
`
}
