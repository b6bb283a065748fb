// Weights coded by a book of 16 numbers as computed tensors. Blocks run along the rows [N, K] of the product, one row after the
// other, so a weight that lies as [K, N] is turned, a slice of columns at a time. Memory: a slice.
import { computeTensors, DamsonError, type Tensor, type WriteBand } from '@damson/graph'
import { quantizeByBook, type BlockSpec, type CodeBook } from '@damson/numerics'
import { unsoundWeight } from './coder.ts'
import { readColumns } from './threaded-coding.ts'

/** How a float32 matrix lies and is coded. */
export interface BookSpec extends Pick<BlockSpec, 'K' | 'N' | 'layout'> {
  readonly book: CodeBook
  readonly blockSize: number
}

/** What MatMulBnb4 reads: two codes a byte, and the largest magnitude of each block. */
export interface BookCodes {
  readonly codes: Tensor
  readonly absmax: Tensor
}

/** Bytes of the rows that are coded at once. */
const sliceBytes = 8 << 20

export function bookBytes({ K, N, blockSize }: BookSpec): number {
  return Math.ceil((K * N) / 2) + 4 * Math.ceil((K * N) / blockSize)
}

/** The coded form of a weight. `key` names the algorithm and its version. */
export function codeByBook(weight: Tensor, spec: BookSpec, key: string): BookCodes {
  const { K, N, layout, book, blockSize } = spec
  const [codes, absmax] = computeTensors({
    key: `${key}:${weight.key}:${layout}:${book}:${blockSize}`,
    cost: weight.byteLength,
    outputs: [
      { dtype: 'uint8', shape: [Math.ceil((K * N) / 2)] },
      { dtype: 'float32', shape: [Math.ceil((K * N) / blockSize)] },
    ],
    run: (write, { signal }) => stream(weight, spec, write, signal),
  })
  if (!codes || !absmax) throw new DamsonError('internal', 'Expected two coded tensors.')
  return { codes, absmax }
}

async function stream(
  weight: Tensor,
  spec: BookSpec,
  write: WriteBand,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { K, N, book, blockSize } = spec
  // Whole blocks: as many rows as blocks are long hold some, whatever K is.
  const step = blockSize / commonDivisor(K, blockSize)
  const height = Math.max(1, Math.floor(sliceBytes / (4 * K * step))) * step
  for (let from = 0; from < N; from += height) {
    signal?.throwIfAborted()
    const rows = await rowsOf(weight, spec, from, Math.min(N, from + height))
    const { packed, absmax, nonFinite } = quantizeByBook(rows, blockSize, book)
    if (nonFinite > 0) throw unsoundWeight(weight, `${nonFinite} are NaN or infinite`)
    await write(0, (from * K) / 2, packed)
    await write(1, ((from * K) / blockSize) * 4, new Uint8Array(absmax.buffer))
  }
}

/** Rows from..to of [N, K]. */
async function rowsOf(weight: Tensor, spec: BookSpec, from: number, to: number): Promise<Float32Array> {
  const { K, N, layout } = spec
  const bytes = new Uint8Array((to - from) * K * 4)
  if (layout === 'NK') {
    await weight.read({ offset: from * K * 4, into: bytes })
    return new Float32Array(bytes.buffer)
  }
  const matrix = { K, N, layout, bits: 4, blockSize: 16, symmetric: true } as const
  await readColumns(weight, matrix, bytes, { row: 0, rows: K, from, to })
  const columns = new Float32Array(bytes.buffer)
  const width = to - from
  return Float32Array.from(columns, (_, i) => columns[(i % K) * width + Math.floor(i / K)] ?? 0)
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b)
}
