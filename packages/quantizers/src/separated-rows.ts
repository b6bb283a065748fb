// A weight taken apart by rows of its product: the rows of outlier columns as they are, and the weight with zeros in their place,
// which code to nothing and do not widen the ranges of the others.
import { computeTensors, DamsonError, type ReadOptions, type Tensor } from '@damson/graph'
import type { MatrixView } from './block-uses.ts'

/** Rows of a weight [K, N] or [N, K] by their place along K. */
export interface Separation {
  readonly view: MatrixView
  readonly rows: readonly number[]
}

/** The weight with zeros in some rows: a view that is made while it is read. */
export function withoutRows(weight: Tensor, { view, rows }: Separation): Tensor {
  const { dtype, shape, byteLength } = weight
  const width = dtype === 'float32' ? 4 : 2
  return {
    dtype,
    shape,
    byteLength,
    key: `${weight.key}:without:${rows.join()}`,
    async read(options: ReadOptions = {}) {
      const offset = options.offset ?? 0
      const bytes = (await weight.read(options)).subarray()
      if (options.into) clear(bytes, offset, width, view, rows)
      else {
        const own = bytes.slice()
        clear(own, offset, width, view, rows)
        return own
      }
      return bytes
    },
  }
}

/** Puts zeros into a range of the raw form that starts at byte `offset`. Runs of a row are one of N, or N of one. */
function clear(bytes: Uint8Array, offset: number, width: number, { K, N, layout }: MatrixView, rows: readonly number[]): void {
  const end = offset + bytes.length
  const [run, stride, count] = layout === 'KN' ? [N * width, 0, 1] : [width, K * width, N]
  for (const row of rows) {
    const start = row * run
    const first = stride === 0 ? 0 : Math.max(0, Math.floor((offset - start - run) / stride))
    for (let at = first; at < count && start + at * stride < end; at++) {
      const from = start + at * stride
      bytes.fill(0, Math.max(0, from - offset), Math.max(0, from + run - offset))
    }
  }
} // prettier-ignore

/** Those rows alone, [rows, N], in the type of the weight. */
export function onlyRows(weight: Tensor, { view, rows }: Separation, key: string): Tensor {
  const { dtype } = weight
  const { K, N, layout } = view
  const width = dtype === 'float32' ? 4 : 2
  const [made] = computeTensors({
    key: `${key}:${weight.key}:rows:${rows.join()}`,
    cost: rows.length * N * width,
    outputs: [{ dtype, shape: [rows.length, N] }],
    run: async (write, { signal }) => {
      if (layout === 'KN') {
        for (const [at, row] of rows.entries()) {
          await write(0, at * N * width, await weight.read({ offset: row * N * width, length: N * width }))
        }
        return
      }
      const all = new Uint8Array(rows.length * N * width)
      const band = Math.max(1, Math.floor((4 << 20) / (K * width)))
      for (let from = 0; from < N; from += band) {
        signal?.throwIfAborted()
        const count = Math.min(band, N - from)
        const bytes = await weight.read({ offset: from * K * width, length: count * K * width })
        for (const [at, row] of rows.entries()) {
          for (let n = 0; n < count; n++) {
            const source = (n * K + row) * width
            all.set(bytes.subarray(source, source + width), (at * N + from + n) * width)
          }
        }
      }
      await write(0, 0, all)
    },
  })
  if (!made) throw new DamsonError('internal', 'Expected a tensor of rows.')
  return made
}
