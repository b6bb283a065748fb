// What ONNX Runtime's MatMulNBits quantizer leaves where there is nothing to code. No kernel reads it; files that are to be
// equal byte for byte need it.
import type { BlockSizes, BlockSpec } from './block-spec.ts'

/** The last byte of a row of packed zero points may have room for more: there it leaves the middle code. In place. */
export function fillZeroPointPadding(zeroPoints: Uint8Array, spec: BlockSpec, sizes: BlockSizes): void {
  const { bits, rule } = spec
  const used = (sizes.kBlocks * bits) % 8
  if (used === 0 || rule === 'GatherBlockQuantized') return
  let padding = 0
  for (let shift = used; shift < 8; shift += bits) padding |= (1 << (bits - 1)) << shift
  for (let i = sizes.zeroRowBytes - 1; i < zeroPoints.length; i += sizes.zeroRowBytes) zeroPoints[i] = padding
}

/**
 * If K ends inside a byte, the rest of that byte repeats the codes one byte earlier, unless that byte belongs to
 * another group of 8 / bits blocks (a thread's share there); codes is [rows, rowBytes]. In place.
 */
export function repeatStaleCodes(codes: Uint8Array, spec: BlockSpec, sizes: BlockSizes): void {
  const { K, bits, blockSize, rule } = spec
  const used = (K * bits) % 8
  if (used === 0 || rule === 'GatherBlockQuantized') return
  const byte = Math.floor((K * bits) / 8)
  const groupBytes = blockSize // 8 / bits blocks of blockSize * bits / 8 bytes
  if (byte % groupBytes === 0) return
  const stale = (0xff << used) & 0xff
  for (let at = byte; at < codes.length; at += sizes.rowBytes) {
    codes[at] = ((codes[at] ?? 0) & ~stale) | ((codes[at - 1] ?? 0) & stale)
  }
}
