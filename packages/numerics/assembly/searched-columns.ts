// Searches in a matrix [K, N]: some columns are turned into rows, and then a block lies in one piece.
import { clearTail } from './packing'
import { parameters } from './parameters'
import { codeBlock, codeFour, storeZeroPoint } from './rows'
import { searchesLanes } from './search'

const width: i32 = 16 // columns turned at a time: a line of the cache
const turned: usize = memory.data(16384, 64) // [width, 256]

/** Codes `rows` rows from a block's start on; returns how many blocks cannot be coded. See BlockCall in engine.ts. */
export function searchedColumns(
  source: usize, rows: i32, N: i32, kBlocks: i32, firstBlock: i32, blockSize: i32, bits: i32,
  rowBytes: i32, zeroRowBytes: i32, packed: usize, scales: usize, zeroPoints: usize, halfScales: bool,
): i32 {
  const blob = (blockSize * bits) >> 3
  const pitch = <usize>blockSize << 2
  let unsound = 0
  for (let k = 0; k < rows; k += blockSize) {
    const count = min(blockSize, rows - k)
    const block = firstBlock + k / blockSize
    for (let n = 0; n < N; n += width) {
      const columns = min(width, N - n)
      turn(source + ((<usize>k * N + n) << 2), <usize>N << 2, count, blockSize, columns)
      for (let c = 0; c < columns; c++) {
        const row = n + c
        if (searchesLanes(zeroPoints == 0) && c + 4 <= columns && count == blockSize) {
          const odd = codeFour(
            turned + <usize>c * pitch, blockSize, bits, halfScales, packed + <usize>row * rowBytes + block * blob, rowBytes,
            scales + ((<usize>row * kBlocks + block) << 2), <usize>kBlocks << 2, zeroPoints + <usize>row * zeroRowBytes,
            zeroRowBytes, block, 0,
          )
          if (odd >= 0) {
            unsound += odd
            c += 3
            continue
          }
        }
        const to = packed + <usize>row * rowBytes + block * blob
        if (!codeBlock(turned + <usize>c * pitch, blockSize, bits, zeroPoints == 0, false, halfScales, to)) unsound++
        if (count < blockSize) clearTail(to, count * bits, blob)
        store<f32>(scales + ((<usize>row * kBlocks + block) << 2), load<f32>(parameters))
        if (zeroPoints != 0) storeZeroPoint(zeroPoints + <usize>row * zeroRowBytes, block, bits)
      }
    }
  }
  return unsound
}

/** Copies columns to rows of blockSize numbers, filled up with zeros. May read up to three columns too many. */
function turn(source: usize, stride: usize, count: i32, blockSize: i32, columns: i32): void {
  const pitch = <usize>blockSize << 2
  if (count < blockSize) memory.fill(turned, 0, <usize>width * pitch)
  for (let c = 0; c < columns; c += 4) {
    let from = source + (<usize>c << 2)
    let to = turned + <usize>c * pitch
    for (let i = 0; i < count; i++) {
      const v = v128.load(from)
      v128.store_lane<u32>(to, v, 0)
      v128.store_lane<u32>(to + pitch, v, 1)
      v128.store_lane<u32>(to + 2 * pitch, v, 2)
      v128.store_lane<u32>(to + 3 * pitch, v, 3)
      from += stride
      to += 4
    }
  }
}
