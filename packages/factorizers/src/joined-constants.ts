// Matrices and rows side by side as one tensor, computed when somebody reads it: bands stream through, nothing is held.
import { computeTensors, DamsonError, type Tensor, type WriteBand } from '@damson/graph'

/** Bytes of a band. */
const bandBytes = 1 << 20

/**
 * The columns of matrices [K, N_i] (`KN`) as [K, ΣN_i], the rows of matrices [N_i, K] (`NK`) as [ΣN_i, K], or rows of N_i
 * numbers (`row`; [1, N_i] too) as [ΣN_i]. All have one dtype of whole bytes.
 */
export function joinConstants(tensors: readonly Tensor[], layout: 'KN' | 'NK' | 'row', key: string): Tensor {
  const [first] = tensors
  if (!first) throw new DamsonError('internal', 'Expected constants to put side by side, got none.')
  const [rows = 1] = layout === 'KN' ? first.shape : []
  const [, K = 0] = first.shape
  const numbers = (axis: number): number => tensors.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0)
  const shape =
    layout === 'KN' ? [rows, numbers(1)] : layout === 'NK' ? [numbers(0), K] : [lengthsOf(tensors)]
  const [joined] = computeTensors({
    key: `${key}:join:${layout}:${tensors.map(tensor => tensor.key).join()}`,
    cost: tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
    outputs: [{ dtype: first.dtype, shape }],
    run: (write, { signal }) => interleave(tensors, rows, write, signal),
  })
  if (!joined) throw new DamsonError('internal', 'Expected one computed tensor.')
  return joined
}

function lengthsOf(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { shape }) => sum + (shape.at(-1) ?? 0), 0)
}

/** Row after row of all tensors; the whole of each is one row where they follow one another. */
async function interleave(
  tensors: readonly Tensor[],
  rows: number,
  write: WriteBand,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (rows === 1) return follow(tensors, write, signal)
  const widths = tensors.map(({ byteLength }) => byteLength / rows)
  const total = widths.reduce((a, b) => a + b, 0)
  const height = Math.max(1, Math.floor(bandBytes / total))
  for (let row = 0; row < rows; row += height) {
    signal?.throwIfAborted()
    const count = Math.min(height, rows - row)
    const band = new Uint8Array(count * total)
    let column = 0
    for (const [at, tensor] of tensors.entries()) {
      const width = widths[at] ?? 0
      const part = await tensor.read({ offset: row * width, length: count * width })
      for (let i = 0; i < count; i++) band.set(part.subarray(i * width, (i + 1) * width), i * total + column)
      column += width
    }
    await write(0, row * total, band)
  }
}

async function follow(
  tensors: readonly Tensor[],
  write: WriteBand,
  signal: AbortSignal | undefined,
): Promise<void> {
  let start = 0
  for (const tensor of tensors) {
    for (let offset = 0; offset < tensor.byteLength; offset += bandBytes) {
      signal?.throwIfAborted()
      const length = Math.min(bandBytes, tensor.byteLength - offset)
      await write(0, start + offset, await tensor.read({ offset, length }))
    }
    start += tensor.byteLength
  }
}
