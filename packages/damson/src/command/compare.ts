// Two models side by side: size, parameters, quality of every output, latency as a ratio, loading.
import type { AnyAlgorithm } from '@damson/core'
import { compareModels, counterpart, type Comparable } from '../compare/compare-models.node.ts'
import { brokenOutputs, type CompareReport } from '../compare/report.ts'
import { exitCodes } from './exit-codes.ts'
import { comparable, loadArgument } from './model-arguments.ts'
import { checkPictures, comparePictures, type PictureOptions } from './compare-pictures.ts'
import { showPictures } from './show-pictures.ts'
import { showReport } from './show-report.ts'
import { feedsFrom } from './recording.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { decibelText } from './units.ts'

export interface CompareArguments extends PictureOptions {
  readonly variant?: string
  readonly otherVariant?: string
  /** File or folder of samples. */
  readonly samples?: string
  /** Samples of each part to make up without them. */
  readonly generated: number
  readonly pairs: number
  readonly dim: Readonly<Record<string, number>>
  readonly json?: boolean
  readonly algorithms: readonly AnyAlgorithm[]
  readonly modules: readonly string[]
}

/** Compares the second model with the first. */
export async function runCompare(
  first: string,
  second: string,
  options: CompareArguments,
  terminal: Terminal,
): Promise<number> {
  const [before, after] = await loadBoth(first, second, options, terminal)
  checkPictures(before.model, options)
  const feeds = await feedsFrom(options.samples, before.model, terminal)
  const bar = await terminal.progress()
  try {
    const report = await compareModels(before, after, {
      samples: options.generated, pairs: options.pairs, dims: options.dim, signal: terminal.signal,
      onProgress: (label, done, total) => bar.update(label, done, total),
      ...(feeds ? { feeds } : {}),
    }) // prettier-ignore
    const pictures = await comparePictures(before, after, options, terminal, bar)
    bar.stop()
    if (options.json === true)
      terminal.out(
        JSON.stringify({ ...report, ...(pictures && { pictures: pictures.report }) }, undefined, 2),
      )
    else showComparison(report, terminal)
    if (pictures && options.json !== true) await showPictures(pictures, terminal)
    return brokenOutputs(report).length > 0 ? exitCodes.unverified : exitCodes.done
  } finally {
    bar.stop()
  }
}

/** Both models. Throws `compare` when the second lacks a part. */
async function loadBoth(
  first: string,
  second: string,
  { algorithms, modules, variant, otherVariant = variant }: CompareArguments,
  terminal: Terminal,
): Promise<readonly [Comparable, Comparable]> {
  const before = await loadArgument(first, { algorithms, variant }, terminal)
  const after = await loadArgument(second, { algorithms, variant: otherVariant }, terminal)
  // Several parts must match by name; said before anything is measured.
  if (before.parts.size > 1) for (const part of before.parts.keys()) counterpart(after, part)
  return [
    comparable(before, first, variant, modules, terminal.cwd),
    comparable(after, second, otherVariant, modules, terminal.cwd),
  ]
}

/** The report, then every output. */
function showComparison(report: CompareReport, terminal: Terminal): void {
  showReport(report, terminal)
  const rows = report.parts.flatMap(({ part, outputs }) =>
    outputs.map(({ output, sqnr, cosine, excluded, broken }) => [
      part, output, decibelText(sqnr ?? Infinity), cosine.toFixed(6), String(excluded), String(broken),
    ]),
  ) // prettier-ignore
  const head = ['part', 'output', 'SQNR', 'cosine', 'left out', 'broken']
  terminal.out(`\n${table(head, rows, terminal.colors)}`)
}
