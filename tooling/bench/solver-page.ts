// docs/measured/solvers.md: a table of decibels, one of files, and the storyteller's perplexities.
import type { SolverModel } from './solver-models.ts'
import { allotted, reference, type Recipe } from './solver-recipes.ts'

/** What one recipe made of one model. */
export interface Cell {
  readonly bytes: number
  /** SQNR of the worst output. */
  readonly decibels: number
  readonly seconds: number
  /** Of the source and of what was made. */
  readonly perplexity?: readonly [number, number]
}

type Row = readonly [SolverModel, ReadonlyMap<string, readonly Cell[]>]

export function solverPage(rows: readonly Row[], recipes: readonly Recipe[]): string {
  const names = recipes.map(({ name }) => name)
  const head = `| recipe | ${rows.map(([{ name }]) => name).join(' | ')} |`
  const table = (text: (cells: readonly Cell[], row: Row) => string): string =>
    [
      head,
      `| --- |${' --- |'.repeat(rows.length)}`,
      ...names.map(
        name => `| \`${name}\` | ${rows.map(row => text(row[1].get(name) ?? [], row)).join(' | ')} |`,
      ),
    ].join('\n')
  return `# The block solvers, measured

Weights of products in 4 bits with blocks of 32 unless a recipe says otherwise; embeddings and convolutions stay in floating point, so that all recipes code the same weights; \`${allotted}\` alone may code all, in a file of the size of \`${reference}\`. What learns does so from three draws of samples, and the median stands here; no sample that is learnt from is judged on. \`${reference}\` is what transformers.js calls q4.

${rows.map(([{ name, inputs }]) => `- ${name}: ${inputs}`).join('\n')}

Made by \`pnpm --filter @damson/bench solvers\`.

## SQNR of the worst output, dB

${table(cells => figure(median(cells.map(({ decibels }) => decibels)), 1))}

## The file, against that of \`${reference}\`

${table((cells, [, all]) => figure(median(cells.map(({ bytes }) => bytes)) / (all.get(reference)?.[0]?.bytes ?? NaN), 3))}

${stories(rows, names)}`
}

/** Perplexities, of the one model that tells stories. */
function stories(rows: readonly Row[], names: readonly string[]): string {
  const told = rows.find(([, cells]) => [...cells.values()].some(([cell]) => cell?.perplexity))
  if (!told) return ''
  const of = (name: string, at: 0 | 1): number =>
    median((told[1].get(name) ?? []).map(({ perplexity }) => perplexity?.[at] ?? NaN))
  return `## Perplexity of ${told[0].name}

On stories that the model in fp32 tells at a temperature of 0.75, where its own is ${figure(of(reference, 0), 3)}.

| recipe | perplexity |
| --- | --- |
${names.map(name => `| \`${name}\` | ${figure(of(name, 1), 3)} |`).join('\n')}
`
}

const figure = (value: number, digits: number): string => (Number.isNaN(value) ? '–' : value.toFixed(digits))

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
