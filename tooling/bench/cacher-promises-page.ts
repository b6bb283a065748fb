// docs/measured/cacher-promises.md: for every model, what every cacher keeps of its promises, or why it has no place.
import { basename } from 'node:path'
import type { Kept } from '../../packages/cachers/test/promises.ts'

/** What came of trying a cacher on a model. */
export type Tried = { readonly step: string } & (
  { readonly kept: KeptAll } | { readonly refused: string } | { readonly failed: string }
)

interface KeptAll extends Kept {
  /** Of batched from sequential guidance, reusing. */
  readonly guidance: number
  /** Of the model without its gates from the source; undefined where there are no gates. */
  readonly twin?: number
  /** False for a cacher that is exact. */
  readonly reuses: boolean
}

type Column = 'never' | 'neverAll' | 'batch' | 'guidance' | 'branches' | 'twin'

/** How far apart each may be. */
const bounds: Readonly<Record<Column, { readonly title: string; readonly most: number }>> = {
  never: { title: 'never reusing, `basic`', most: 0 },
  neverAll: { title: 'never reusing, `all`', most: 1e-5 },
  batch: { title: 'batch', most: 1e-5 },
  guidance: { title: 'guidance', most: 1e-5 },
  branches: { title: 'branches', most: 0 },
  twin: { title: 'twin', most: 0 },
}
const columns = Object.values(bounds).map(({ title }) => title)

/** Whether a promise is broken; a cacher that reuses nothing has not been tried. */
export function isBroken(tried: Tried): boolean {
  return 'failed' in tried || ('kept' in tried && cellsOf(tried.kept).some(cell => cell.startsWith('✗')))
}

/** The cells of a row. */
export function lineOf(tried: Tried): readonly string[] {
  if ('kept' in tried) return [tried.step, ...cellsOf(tried.kept)]
  return [tried.step, 'failed' in tried ? `✗ ${oneLine(tried.failed)}` : `refused: ${oneLine(tried.refused)}`]
}

function cellsOf(kept: KeptAll): readonly string[] {
  const promises = [
    cellOf('never', kept.never),
    cellOf('neverAll', kept.neverAll),
    cellOf('batch', kept.batch),
    cellOf('guidance', kept.guidance),
    cellOf('branches', kept.branches),
    kept.twin === undefined ? '–' : cellOf('twin', kept.twin),
  ]
  const isAsExpected = kept.reused > 0 === kept.reuses
  return [...promises, isAsExpected ? figure(kept.reused) : `✗ ${figure(kept.reused)}`]
}

const cellOf = (column: Column, distance: number): string =>
  distance === 0 ? '✓' : `${distance <= bounds[column].most ? '✓' : '✗'} ${figure(distance)}`

const figure = (distance: number): string => (distance === 0 ? '0' : distance.toExponential(0))

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|')

export function cacherPromisesPage(results: ReadonlyMap<string, readonly Tried[]>): string {
  const rows = [...results.values()].flat()
  const tried = rows.filter(row => !('refused' in row))
  const broken = tried.filter(isBroken)
  // prettier-ignore
  return `# What cachers promise, tried

Every cacher on the denoisers of ${[...results.keys()].map(path => basename(path)).join(', ')}, with settings at which something is reused within three to ten steps: ${tried.length} pairs, ${broken.length === 0 ? 'none of which breaks a promise' : `${broken.length} of which break a promise`}, and ${rows.length - tried.length} that are refused. Numbers are the largest difference of any output, relative to the largest output: ✓ alone is equal bit for bit. ONNX Runtime 1.30 for Node, one thread.

- **never reusing**: with controls at which nothing is reused, against the plain model; equal at graph optimization \`basic\`, at most 1e-5 at \`all\`, where an \`If\` changes what ONNX Runtime fuses.
- **batch**: two generations as one batch, against each alone; at most 1e-5.
- **guidance**: both branches as one batch, against one after the other, ten steps; at most 1e-5. \`faster-cache\` with \`cfg\`, which is for guided generations alone.
- **branches**: two branches of a generation, another generation running between, against generations of their own; equal.
- **twin**: the model without its gates, against its source; equal. Cachers of whole calls have no gates.
- **reusing**: what the reuse changes, for comparison; the models of the fixtures are not trained.

Made by \`pnpm bench cacher-promises\`.
${[...results].map(([path, of]) => section(path, of)).join('')}`
}

function section(path: string, rows: readonly Tried[]): string {
  const titles = ['cacher', ...columns, 'reusing']
  const refused = rows.filter(row => 'refused' in row)
  return `
## ${basename(path)}

| ${titles.join(' | ')} |
|${' --- |'.repeat(titles.length)}
${rows
  .filter(row => !('refused' in row))
  .map(tableRow)
  .join('\n')}
${refused.length > 0 ? `\n${refused.map(row => `- \`${row.step}\` has no place here: the model ${row.refused}`).join('\n')}\n` : ''}`
}

function tableRow(row: Tried): string {
  const [step = '', ...cells] = lineOf(row)
  return `| \`${step}\` | ${cells.join(' | ')} |`
}
