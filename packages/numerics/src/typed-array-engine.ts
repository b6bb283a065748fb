// The plain twin: the fallback where WASM may not be compiled, and the oracle that the WASM engine is tested against.
import { codeBlock, type BlockFormat, type CodedBlock } from './block-rule.ts'
import type { BlockCall, Engine, LinearCall, NarrowCall, RangeCall } from './engine.ts'
import { decodeFloats, encodeFloats } from './narrow-float.ts'
import { linearCode } from './linear-rule.ts'

/** Columns that are transposed at a time: their lines of source and of codes stay in the first cache. */
const tile = 64

/** An engine in plain JavaScript over an ArrayBuffer of its own. */
export function createTypedArrayEngine(): Engine {
  let buffer = new ArrayBuffer(0)
  return {
    kind: 'typed-array',
    base: 0,
    memory: () => buffer,
    reserve: bytes => {
      // Whole pages, as WASM has them: every kind of view divides them.
      if (buffer.byteLength < bytes) buffer = new ArrayBuffer(Math.ceil(bytes / 65536) * 65536)
    },
    blocksOfRows: call => blocksOfRows(buffer, call),
    blocksOfColumns: call => blocksOfColumns(buffer, call),
    range: call => range(buffer, call),
    linear: call => linear(buffer, call),
    widen: (source, count, target, dtype) =>
      new Float32Array(buffer, target, count).set(
        decodeFloats(new Uint16Array(buffer, source, count), dtype),
      ),
    narrow: call => narrow(buffer, call),
  }
}

/** Codes a block of consecutive values and writes it to its place; returns 1 for a block that cannot be coded. */
function blockCoder(
  buffer: ArrayBuffer,
  call: BlockCall,
): (values: Float32Array, at: number, count: number, row: number, block: number) => number {
  const { bits, blockSize, kBlocks, rowBytes, zeroRowBytes, divide, halfScales } = call
  const symmetric = call.zeroPoints === 0
  const { kind, steps, table, tableLength } = call.search
  const search = { kind, steps, table: new Float32Array(buffer, table, tableLength).slice() }
  const format: BlockFormat = { bits, symmetric, divide, halfScales, search, blockSize }
  const floatZeroPoints = kind === 'half-quadratic-float' && !symmetric
  const packed = new Uint8Array(buffer, call.packed)
  const scales = new Float32Array(buffer, call.scales)
  const zeroPoints = new Uint8Array(buffer, call.zeroPoints)
  const codes = new Uint8Array(blockSize)
  const coded: CodedBlock = { scale: 0, zeroPoint: 0, sound: true }
  const blob = (blockSize * bits) / 8
  return (values, at, count, row, block) => {
    codeBlock(values, at, count, format, codes, coded)
    if (count < blockSize) codes.fill(0, count) // beyond K, as ONNX Runtime leaves them
    packInto(codes, bits, packed, row * rowBytes + block * blob, Math.min(blob, rowBytes - block * blob))
    scales[row * kBlocks + block] = coded.scale
    if (floatZeroPoints) {
      new Float32Array(buffer, call.zeroPoints + row * zeroRowBytes, kBlocks)[block] = coded.zeroPoint
    } else if (!symmetric) {
      const zero = row * zeroRowBytes + ((block * bits) >>> 3)
      zeroPoints[zero] = (zeroPoints[zero] ?? 0) | (coded.zeroPoint << ((block * bits) & 7))
    }
    return coded.sound ? 0 : 1
  }
}

function packInto(codes: Uint8Array, bits: number, packed: Uint8Array, at: number, bytes: number): void {
  const perByte = 8 / bits
  for (let byte = 0, i = 0; byte < bytes; byte++) {
    let word = 0
    for (let j = 0; j < perByte; j++, i++) word |= (codes[i] ?? 0) << (j * bits)
    packed[at + byte] = word
  }
}

function blocksOfRows(buffer: ArrayBuffer, call: BlockCall): number {
  const { rows, K, kBlocks, blockSize } = call
  const source = new Float32Array(buffer, call.source, rows * K)
  const code = blockCoder(buffer, call)
  let unsound = 0
  for (let n = 0; n < rows; n++) {
    for (let b = 0; b < kBlocks; b++) {
      unsound += code(source, n * K + b * blockSize, Math.min(blockSize, K - b * blockSize), n, b)
    }
  }
  return unsound
}

function blocksOfColumns(buffer: ArrayBuffer, call: BlockCall): number {
  const { rows, N, firstBlock, blockSize } = call
  const source = new Float32Array(buffer, call.source, rows * N)
  const code = blockCoder(buffer, call)
  const transposed = new Float32Array(tile * blockSize)
  let unsound = 0
  for (let k = 0; k < rows; k += blockSize) {
    const count = Math.min(blockSize, rows - k)
    for (let from = 0; from < N; from += tile) {
      const width = Math.min(tile, N - from)
      for (let i = 0; i < count; i++) {
        const at = (k + i) * N + from
        for (let j = 0; j < width; j++) transposed[j * blockSize + i] = source[at + j] ?? 0
      }
      for (let j = 0; j < width; j++) {
        unsound += code(transposed, j * blockSize, count, from + j, firstBlock + k / blockSize)
      }
    }
  }
  return unsound
}

function range(buffer: ArrayBuffer, { source, rows, columns, minima, maxima, per }: RangeCall): number {
  const values = new Float32Array(buffer, source, rows * columns)
  const low = new Float32Array(buffer, minima, per === 'row' ? rows : columns)
  const high = new Float32Array(buffer, maxima, low.length)
  let nonFinite = 0
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, i++) {
      const v = values[i] ?? 0
      const channel = per === 'row' ? r : c
      if (v - v !== 0) nonFinite++
      else {
        if (v < (low[channel] ?? 0)) low[channel] = v
        if (v > (high[channel] ?? 0)) high[channel] = v
      }
    }
  }
  return nonFinite
}

function linear(buffer: ArrayBuffer, call: LinearCall): void {
  const { rows, columns, per, low, high } = call
  const values = new Float32Array(buffer, call.source, rows * columns)
  const codes = new Uint8Array(buffer, call.codes, rows * columns)
  const channels = per === 'row' ? rows : columns
  const scales = new Float32Array(buffer, call.scales, channels)
  const zeroPoints = new Int32Array(buffer, call.zeroPoints, channels)
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, i++) {
      const channel = per === 'row' ? r : c
      codes[i] = linearCode(values[i] ?? 0, scales[channel] ?? 1, zeroPoints[channel] ?? 0, low, high)
    }
  }
}

function narrow(buffer: ArrayBuffer, { source, count, target, type, limit }: NarrowCall): void {
  const values = new Float32Array(buffer, source, count)
  const kept =
    limit === Infinity
      ? values
      : values.map(v => (Math.abs(v) > limit && Number.isFinite(v) ? Math.sign(v) * limit : v))
  if (type === 'float16' || type === 'bfloat16')
    new Uint16Array(buffer, target, count).set(encodeFloats(kept, type))
  else new Uint8Array(buffer, target, count).set(encodeFloats(kept, type))
}
