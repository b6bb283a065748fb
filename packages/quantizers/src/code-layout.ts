// Codes as DequantizeLinear reads them. MatMulNBits has rows of whole blocks, each row starting on a byte; a 4-bit tensor of
// ONNX is packed through, without padding, and lies as the product wants it: [K, N], for which it has to be turned.
import { computeTensors, DamsonError, type DataType, type Tensor, type WriteBand } from '@damson/graph'
import { blockSizes, flipCodeSigns, packCodes, unpackCodes, type BlockSpec } from '@damson/numerics'
import type { BlockCodes } from './block-coding.ts'

/** Rows of elements that each start on a byte, and what is to become of them. */
interface Rows {
  readonly rows: number
  readonly columns: number
  readonly bits: 4 | 8 | 16 | 32
  readonly dtype: DataType
  /** Into [columns, rows]. */
  readonly turned: boolean
  /** Unsigned codes around the middle become signed ones around 0. */
  readonly signed: boolean
}

const elementsAtOnce = 1 << 24

/** The same codes as [K, N] or [N, K], scales and zero points as [kBlocks, N] or [N, kBlocks]. Symmetric codes are signed. */
export function dequantizable(codes: BlockCodes, spec: BlockSpec, layout: 'KN' | 'NK'): BlockCodes {
  const { K, N, symmetric } = spec
  const bits = spec.bits === 4 ? 4 : 8
  const { kBlocks } = blockSizes(spec)
  const turned = layout === 'KN'
  const type = { bits, dtype: `${symmetric ? 'int' : 'uint'}${bits}`, signed: symmetric } as const
  const { dtype } = codes.scales
  const scales = { bits: dtype === 'float16' ? 16 : 32, dtype, signed: false } as const
  return {
    packed: relaid(codes.packed, { ...type, rows: N, columns: K, turned }),
    scales: relaid(codes.scales, { ...scales, rows: N, columns: kBlocks, turned }),
    zeroPoints: codes.zeroPoints && relaid(codes.zeroPoints, { ...type, rows: N, columns: kBlocks, turned }),
  }
}

function relaid(source: Tensor, to: Rows): Tensor {
  const { rows, columns, dtype, turned, signed } = to
  const shape = turned ? [columns, rows] : [rows, columns]
  const [made] = computeTensors({
    key: `relaid:${source.key}:${dtype}[${shape.join()}]:${signed ? 'signed' : 'unsigned'}`,
    cost: source.byteLength,
    outputs: [{ dtype, shape }],
    run: (write, { signal }) => relay(source, to, write, signal),
  })
  if (!made) throw new DamsonError('internal', 'Expected one tensor.')
  return made
}

/** Bands of the result are whole bytes: a multiple of 8 rows or columns. */
async function relay(
  source: Tensor,
  to: Rows,
  write: WriteBand,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { rows, columns, bits, turned } = to
  const [length, width] = turned ? [columns, rows] : [rows, columns]
  const step = Math.max(8, Math.floor(elementsAtOnce / width / 8) * 8)
  for (let from = 0; from < length; from += step) {
    signal?.throwIfAborted()
    const count = Math.min(step, length - from)
    const elements = turned
      ? turn(await read(source, to, { row: 0, rows, column: from, columns: count }), rows, count)
      : await read(source, to, { row: from, rows: count, column: 0, columns })
    await write(0, (from * width * bits) / 8, pack(elements, to))
  }
}

interface Window {
  readonly row: number
  readonly rows: number
  readonly column: number
  readonly columns: number
}

/** A window, row-major: codes one a byte, wider elements as they are. */
async function read(source: Tensor, { rows, bits, columns }: Rows, window: Window): Promise<Uint8Array> {
  const rowBytes = source.byteLength / rows
  const width = Math.max(1, bits / 8)
  const out = new Uint8Array(window.rows * window.columns * width)
  const [start, end] = [(window.column * bits) / 8, Math.ceil(((window.column + window.columns) * bits) / 8)]
  const whole = window.columns === columns
  const all = whole
    ? await source.read({ offset: window.row * rowBytes, length: window.rows * rowBytes })
    : undefined
  for (let at = 0; at < window.rows; at++) {
    const bytes = all
      ? all.subarray(at * rowBytes + start, at * rowBytes + end)
      : await source.read({ offset: (window.row + at) * rowBytes + start, length: end - start })
    out.set(bits === 4 ? unpackCodes(bytes, 4, window.columns) : bytes, at * window.columns * width)
  }
  return out
}

/** [rows, columns] of elements of any width as [columns, rows]. */
function turn(elements: Uint8Array, rows: number, columns: number): Uint8Array {
  const width = elements.length / (rows * columns)
  const out = new Uint8Array(elements.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let byte = 0; byte < width; byte++)
        out[(column * rows + row) * width + byte] = elements[(row * columns + column) * width + byte] ?? 0
  return out
}

function pack(elements: Uint8Array, { bits, signed }: Rows): Uint8Array {
  const packed = bits === 4 ? packCodes(elements, 4) : elements
  return signed ? flipCodeSigns(packed, bits === 4 ? 4 : 8) : packed
}
