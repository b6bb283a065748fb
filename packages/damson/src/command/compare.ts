// Two models side by side: size, parameters, quality of every output, latency as a ratio, loading.
import { DamsonError, type AnyAlgorithm, type Feeds } from '@damson/core'
import { compareModels } from '../compare/compare-models.node.ts'
import { brokenOutputs } from '../compare/report.ts'
import { exitCodes } from './exit-codes.ts'
import { readFeeds } from './feeds.node.ts'
import { comparable, loadArgument } from './model-arguments.ts'
import { pathIn } from './places.ts'
import { showReport } from './show-report.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { decibelText } from './units.ts'

export interface CompareArguments {
  readonly variant?: string
  readonly otherVariant?: string
  readonly feeds?: string
  readonly samples: number
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
  const { algorithms, modules } = options
  const before = await loadArgument(first, { algorithms, variant: options.variant }, terminal)
  const after = await loadArgument(
    second,
    { algorithms, variant: options.otherVariant ?? options.variant },
    terminal,
  )
  const missing = [...before.parts.keys()].filter(part => !after.parts.has(part))
  if (missing.length > 0) {
    throw new DamsonError(
      'compare',
      `Expected the same parts in both models; "${second}" has no ${missing.join(', ')}.`,
    )
  }
  const bar = terminal.progress()
  const feeds: ReadonlyMap<string, readonly Feeds[]> | undefined =
    options.feeds === undefined ? undefined : await readFeeds(pathIn(terminal.cwd, options.feeds), before)
  try {
    const report = await compareModels(
      comparable(before, first, options.variant, modules, terminal.cwd),
      comparable(after, second, options.otherVariant ?? options.variant, modules, terminal.cwd),
      {
        samples: options.samples, pairs: options.pairs, dims: options.dim, signal: terminal.signal,
        onProgress: (label, done, total) => bar.update(label, done, total),
        ...(feeds ? { feeds } : {}),
      }, // prettier-ignore
    )
    bar.stop()
    if (options.json === true) terminal.out(JSON.stringify(report, undefined, 2))
    else {
      showReport(report, terminal)
      const rows = report.parts.flatMap(({ part, outputs }) =>
        outputs.map(each => [
          part,
          each.output,
          decibelText(each.sqnr ?? Infinity),
          each.cosine.toFixed(6),
          String(each.excluded),
          String(each.broken),
        ]),
      )
      terminal.out(
        `\n${table(['part', 'output', 'SQNR', 'cosine', 'left out', 'broken'], rows, terminal.colors)}`,
      )
    }
    return brokenOutputs(report).length > 0 ? exitCodes.unverified : exitCodes.done
  } finally {
    bar.stop()
  }
}
