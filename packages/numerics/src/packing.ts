// Codes of 1, 2, 4 or 8 bits in bytes, the first code in the lowest bits: ONNX's INT4/UINT4/INT2/UINT2 and MatMulNBits' blobs.
import { requireInteger, requireLength } from './error.ts'

export type CodeBits = 1 | 2 | 4 | 8

/** Bytes that `count` codes take. */
export function packedBytes(count: number, bits: CodeBits): number {
  return Math.ceil((count * bits) / 8)
}

/** Packs codes, one an element, signed (two's complement) or not; bits above `bits` are cut off. Unused bits are 0. */
export function packCodes(codes: Uint8Array | Int8Array, bits: CodeBits): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(packedBytes(codes.length, bits))
  const perByte = 8 / bits
  const mask = (1 << bits) - 1
  for (let i = 0, byte = 0; byte < packed.length; byte++) {
    let word = 0
    for (let j = 0; j < perByte && i < codes.length; j++, i++) word |= ((codes[i] ?? 0) & mask) << (j * bits)
    packed[byte] = word
  }
  return packed
}

/** `count` unsigned codes of packed bytes. Throws `numerics/length` if the bytes do not hold exactly that many. */
export function unpackCodes(packed: Uint8Array, bits: CodeBits, count: number): Uint8Array<ArrayBuffer> {
  requireInteger('count', count, 0)
  requireLength('packed', packed, packedBytes(count, bits))
  const codes = new Uint8Array(count)
  const mask = (1 << bits) - 1
  const shift = 3 - Math.log2(bits) // log2 of codes a byte
  const last = (1 << shift) - 1
  for (let i = 0; i < count; i++) codes[i] = ((packed[i >>> shift] ?? 0) >>> ((i & last) * bits)) & mask
  return codes
}

/** `count` signed codes (two's complement) of packed bytes. */
export function unpackSignedCodes(packed: Uint8Array, bits: CodeBits, count: number): Int8Array<ArrayBuffer> {
  const codes = new Int8Array(unpackCodes(packed, bits, count).buffer)
  const free = 32 - bits
  for (let i = 0; i < count; i++) codes[i] = ((codes[i] ?? 0) << free) >> free
  return codes
}

/**
 * Packed unsigned codes as packed signed ones and back: q - 2^(bits-1) in two's complement, which flips each top bit.
 * MatMulNBits and uint8 storage are unsigned; a symmetric INT4 tensor is the same codes, signed.
 */
export function flipCodeSigns(packed: Uint8Array, bits: CodeBits): Uint8Array<ArrayBuffer> {
  const flip = { 1: 0xff, 2: 0xaa, 4: 0x88, 8: 0x80 }[bits]
  const out = new Uint8Array(packed.length)
  for (let i = 0; i < out.length; i++) out[i] = (packed[i] ?? 0) ^ flip
  return out
}

/**
 * Rows of codes that each start on a byte ([rows, ceil(perRow * bits / 8)], as MatMulNBits' zero points) packed through
 * (as the elements of an INT4 or UINT4 tensor [rows, perRow], which only the last byte may leave half empty).
 */
export function packThrough(
  packedRows: Uint8Array,
  rows: number,
  perRow: number,
  bits: CodeBits,
): Uint8Array<ArrayBuffer> {
  const rowBytes = packedBytes(perRow, bits)
  requireLength('packedRows', packedRows, rows * rowBytes)
  if ((perRow * bits) % 8 === 0) return packedRows.slice()
  const codes = new Uint8Array(rows * perRow)
  for (let r = 0; r < rows; r++) {
    codes.set(unpackCodes(packedRows.subarray(r * rowBytes, (r + 1) * rowBytes), bits, perRow), r * perRow)
  }
  return packCodes(codes, bits)
}
