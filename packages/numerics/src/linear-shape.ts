// A tensor as rows and columns, so that the numbers of one channel are a run, a column, or everything.
import { NumericsError, requireInteger } from './error.ts'

export interface LinearShape {
  /** Elements = rows * columns; bands are whole rows. */
  readonly rows: number
  readonly columns: number
  /** Which numbers share a scale: all, those of row r with r % channels, or those of a column. */
  readonly per: 'tensor' | 'row' | 'column'
  /** How many scales: 1 for a tensor, `shape[axis]` otherwise. */
  readonly channels: number
}

/** How a tensor of this shape is read, with one scale for all (no axis) or one for each index along `axis` (may be negative). */
export function linearShape(shape: readonly number[], axis?: number): LinearShape {
  shape.forEach((size, i) => requireInteger(`shape[${i}]`, size, 1))
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)
  if (axis === undefined) return { rows: product(shape), columns: 1, per: 'tensor', channels: 1 }
  const at = axis < 0 ? axis + shape.length : axis
  const channels = shape[at]
  if (channels === undefined) {
    throw new NumericsError(
      'numerics/argument',
      `axis: expected an axis of [${shape.join(', ')}], got ${axis}`,
    )
  }
  const outer = product(shape.slice(0, at))
  const inner = product(shape.slice(at + 1))
  if (inner === 1) return { rows: outer, columns: channels, per: 'column', channels }
  return { rows: outer * channels, columns: inner, per: 'row', channels }
}

/** Bands of rows cut where the channel numbering starts anew; a tensor's band is one run. */
export function channelRuns(
  { columns, per, channels }: LinearShape,
  from: number,
  rows: number,
): readonly {
  readonly row: number
  readonly rows: number
  readonly columns: number
  readonly channel: number
}[] {
  if (per === 'tensor') return [{ row: 0, rows: 1, columns: rows * columns, channel: 0 }]
  if (per === 'column') return [{ row: 0, rows, columns, channel: 0 }]
  const runs = []
  for (let row = 0; row < rows;) {
    const channel = (from + row) % channels
    const count = Math.min(rows - row, channels - channel)
    runs.push({ row, rows: count, columns, channel })
    row += count
  }
  return runs
}
