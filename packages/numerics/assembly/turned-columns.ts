// Some columns of a matrix [K, N] as rows, so that a block lies in one piece.

/** Columns turned at a time: a line of the cache. */
export const turnedColumns: i32 = 16

/** [turnedColumns, blockSize], a block at most 256; room for vectors behind. */
export const turned: usize = memory.data(16384 + 64, 64)

/** Copies columns to rows of blockSize numbers, filled up with zeros. May read up to three columns too many. */
export function turn(source: usize, stride: usize, count: i32, blockSize: i32, columns: i32): void {
  const pitch = <usize>blockSize << 2
  if (count < blockSize) memory.fill(turned, 0, <usize>turnedColumns * pitch)
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
