// Tables without lines: columns under a heading, numbers to the right.
import Table from 'cli-table3'
import type { Colors } from './terminal.ts'

const none = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
} // prettier-ignore

/** A heading and rows. A column whose cells all start with a digit, sign or dash stands to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], colors: Colors): string {
  const isNumber = (column: number): boolean =>
    rows.length > 0 && rows.every(row => /^[-+–±×\d]/.test(row[column] ?? ''))
  const made = new Table({
    head: head.map(text => colors.dim(text)),
    chars: none,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: head.map((_, column) => (isNumber(column) ? 'right' : 'left')),
  })
  made.push(...rows.map(row => [...row]))
  return made
    .toString()
    .split('\n')
    .map(line => `  ${line.trimEnd()}`)
    .join('\n')
}
