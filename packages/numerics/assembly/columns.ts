// Block-wise codes of a matrix [K, N]: a block runs down a column, so four columns share a vector and a word of codes is
// gathered from 32 / bits rows. A tile of columns is copied together first: rows of a power-of-two pitch would fight for
// the same few sets of the cache.
import { balanceColumns } from './balance'
import { clamp, notFinite, reciprocal, roundAway, roundToHalf, toLowBytes } from './lanes'
import { asymmetricScale, symmetricScale, zeroPointAway } from './parameters'
import { searches } from './search'
import { searchedColumns } from './searched-columns'

const width: i32 = 64 // columns of a tile
const pitch: usize = 256 // bytes of its rows
const greatest: f32 = 3.4028234663852886e38

const tile: usize = memory.data(65536 + 64, 64) // [256, width]
const lows: usize = memory.data(256, 64) // [width]
const highs: usize = memory.data(256, 64)

/** Codes `rows` rows from a block's start on; returns how many blocks cannot be coded. See BlockCall in engine.ts. */
export function blocksOfColumns(
  source: usize, rows: i32, N: i32, kBlocks: i32, firstBlock: i32, blockSize: i32, bits: i32,
  rowBytes: i32, zeroRowBytes: i32, packed: usize, scales: usize, zeroPoints: usize, halfScales: bool,
): i32 {
  const unsound = searches()
    ? searchedColumns(
      source, rows, N, kBlocks, firstBlock, blockSize, bits, rowBytes, zeroRowBytes, packed, scales, zeroPoints, halfScales,
    )
    : codeColumns(
      source, rows, N, kBlocks, firstBlock, blockSize, bits, rowBytes, zeroRowBytes, packed, scales, zeroPoints, halfScales,
    )
  balanceColumns(source, rows, N, kBlocks, firstBlock, blockSize, bits, rowBytes, zeroRowBytes, packed, scales, zeroPoints)
  return unsound
}

function codeColumns(
  source: usize, rows: i32, N: i32, kBlocks: i32, firstBlock: i32, blockSize: i32, bits: i32,
  rowBytes: i32, zeroRowBytes: i32, packed: usize, scales: usize, zeroPoints: usize, halfScales: bool,
): i32 {
  const blob = (blockSize * bits) >> 3
  let unsound = 0
  for (let k = 0; k < rows; k += blockSize) {
    const count = min(blockSize, rows - k)
    const block = firstBlock + k / blockSize
    for (let n = 0; n < N; n += width) {
      const at = source + ((<usize>k * N + n) << 2)
      const columns = min(width, N - n)
      const suspect = copyTile(at, <usize>N << 2, count, columns)
      for (let c = 0; c < columns; c += 4) {
        const row = n + c
        const lanes = min(4, columns - c)
        const scaleAt = scales + ((row * kBlocks + block) << 2)
        const zeroAt: usize = zeroPoints == 0 ? 0 : zeroPoints + row * zeroRowBytes + ((block * bits) >> 3)
        const bad = fourColumns(
          c, count, blockSize, bits, lanes, packed + row * rowBytes + block * blob, rowBytes,
          scaleAt, kBlocks << 2, zeroAt, zeroRowBytes, (block * bits) & 7, halfScales,
        )
        if (suspect || bad) unsound += unsoundColumns(c, count, lanes, scaleAt, kBlocks << 2)
      }
    }
  }
  return unsound
}

/** Copies a tile and finds the range of each column; true if some number in it may not be finite. */
function copyTile(source: usize, stride: usize, count: i32, columns: i32): bool {
  let suspect = false
  let c = 0
  for (; c + 16 <= columns; c += 16) {
    if (copySixteen(source + (c << 2), stride, count, c << 2)) suspect = true
  }
  for (; c < columns; c += 4) {
    if (copyFour(source + (c << 2), stride, count, c << 2)) suspect = true
  }
  return suspect
}

function copySixteen(from: usize, stride: usize, count: i32, column: usize): bool {
  let low0 = f32x4.splat(greatest), low1 = low0, low2 = low0, low3 = low0
  let high0 = f32x4.splat(-greatest), high1 = high0, high2 = high0, high3 = high0
  let sum = f32x4.splat(0)
  let to = tile + column
  for (let i = 0; i < count; i++) {
    const a = v128.load(from), b = v128.load(from, 16), c = v128.load(from, 32), d = v128.load(from, 48)
    v128.store(to, a)
    v128.store(to, b, 16)
    v128.store(to, c, 32)
    v128.store(to, d, 48)
    low0 = f32x4.pmin(low0, a)
    low1 = f32x4.pmin(low1, b)
    low2 = f32x4.pmin(low2, c)
    low3 = f32x4.pmin(low3, d)
    high0 = f32x4.pmax(high0, a)
    high1 = f32x4.pmax(high1, b)
    high2 = f32x4.pmax(high2, c)
    high3 = f32x4.pmax(high3, d)
    // Overflows of the sum only cost a second look.
    sum = f32x4.add(sum, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)))
    from += stride
    to += pitch
  }
  v128.store(lows + column, low0)
  v128.store(lows + column, low1, 16)
  v128.store(lows + column, low2, 32)
  v128.store(lows + column, low3, 48)
  v128.store(highs + column, high0)
  v128.store(highs + column, high1, 16)
  v128.store(highs + column, high2, 32)
  v128.store(highs + column, high3, 48)
  return v128.any_true(notFinite(sum))
}

/** May read up to three columns too many: they are the next row's, or the slack behind the region. */
function copyFour(from: usize, stride: usize, count: i32, column: usize): bool {
  let low = f32x4.splat(greatest)
  let high = f32x4.splat(-greatest)
  let sum = f32x4.splat(0)
  let to = tile + column
  for (let i = 0; i < count; i++) {
    const a = v128.load(from)
    v128.store(to, a)
    low = f32x4.pmin(low, a)
    high = f32x4.pmax(high, a)
    sum = f32x4.add(sum, a)
    from += stride
    to += pitch
  }
  v128.store(lows + column, low)
  v128.store(highs + column, high)
  return v128.any_true(notFinite(sum))
}

/** Codes four columns of the tile, of which `lanes` exist; true if a scale is not finite. */
function fourColumns(
  c: i32, count: i32, blockSize: i32, bits: i32, lanes: i32, codes: usize, codeStride: usize,
  scaleAt: usize, scaleStride: usize, zeroAt: usize, zeroStride: usize, zeroShift: i32, halfScales: bool,
): bool {
  const low = v128.load(lows + (c << 2))
  const high = v128.load(highs + (c << 2))
  const top = f32x4.splat(<f32>((1 << bits) - 1))
  const middle = <f32>(1 << (bits - 1))
  let scale: v128
  let zeroPoint = f32x4.splat(middle)
  if (zeroAt == 0) {
    scale = symmetricScale(low, high, middle, halfScales)
  } else {
    scale = asymmetricScale(low, high, top)
    zeroPoint = zeroPointAway(low, scale, top)
    if (halfScales) scale = roundToHalf(scale)
    orBytes(zeroAt, zeroStride, toLowBytes(zeroPoint), zeroShift, lanes)
  }
  storeWords(scaleAt, scaleStride, scale, lanes)
  const factor = reciprocal(scale)
  const at = tile + (c << 2)
  if (bits == 4) codeWords(at, count, blockSize, codes, codeStride, lanes, factor, zeroPoint, top, 4)
  else if (bits == 8) codeWords(at, count, blockSize, codes, codeStride, lanes, factor, zeroPoint, top, 8)
  else codeWords(at, count, blockSize, codes, codeStride, lanes, factor, zeroPoint, top, 2)
  return v128.any_true(notFinite(scale))
}

// @ts-ignore: decorator
@inline
function codeWords(
  at: usize, count: i32, blockSize: i32, codes: usize, stride: usize, lanes: i32,
  factor: v128, zeroPoint: v128, top: v128, bits: i32,
): void {
  const perWord = 32 / bits
  for (let i = 0; i < blockSize; i += perWord) {
    let words = i32x4.splat(0)
    if (i + perWord <= count) {
      words = fourRows(words, at, factor, zeroPoint, top, bits, 0)
      if (bits <= 4) words = fourRows(words, at + 4 * pitch, factor, zeroPoint, top, bits, 4 * bits)
      if (bits == 2) {
        words = fourRows(words, at + 8 * pitch, factor, zeroPoint, top, bits, 16)
        words = fourRows(words, at + 12 * pitch, factor, zeroPoint, top, bits, 24)
      }
    } else {
      for (let j = 0; i + j < count; j++) {
        const code = toLowBytes(coded(at + <usize>j * pitch, factor, zeroPoint, top))
        words = v128.or(words, i32x4.shl(v128.and(code, i32x4.splat(0xff)), j * bits))
      }
    }
    storeWords(codes, stride, words, lanes)
    codes += 4
    at += <usize>perWord * pitch
  }
}

/** Adds the codes of four rows to words, `shift` bits up. */
// @ts-ignore: decorator
@inline
function fourRows(words: v128, at: usize, factor: v128, zeroPoint: v128, top: v128, bits: i32, shift: i32): v128 {
  const mask = i32x4.splat(0xff)
  const a = v128.and(toLowBytes(coded(at, factor, zeroPoint, top)), mask)
  const b = v128.and(toLowBytes(coded(at + pitch, factor, zeroPoint, top)), mask)
  const c = v128.and(toLowBytes(coded(at + 2 * pitch, factor, zeroPoint, top)), mask)
  const d = v128.and(toLowBytes(coded(at + 3 * pitch, factor, zeroPoint, top)), mask)
  words = v128.or(words, i32x4.shl(a, shift))
  words = v128.or(words, i32x4.shl(b, shift + bits))
  words = v128.or(words, i32x4.shl(c, shift + 2 * bits))
  return v128.or(words, i32x4.shl(d, shift + 3 * bits))
}

/** round(clamp(v / scale + zero point)) of four columns of a row. */
// @ts-ignore: decorator
@inline
function coded(at: usize, factor: v128, zeroPoint: v128, top: v128): v128 {
  return roundAway(clamp(f32x4.add(f32x4.mul(v128.load(at), factor), zeroPoint), top))
}

/** Stores the first `lanes` words, one a row. */
// @ts-ignore: decorator
@inline
function storeWords(at: usize, stride: usize, words: v128, lanes: i32): void {
  v128.store_lane<u32>(at, words, 0)
  if (lanes > 1) v128.store_lane<u32>(at + stride, words, 1)
  if (lanes > 2) v128.store_lane<u32>(at + 2 * stride, words, 2)
  if (lanes > 3) v128.store_lane<u32>(at + 3 * stride, words, 3)
}

function orBytes(at: usize, stride: usize, words: v128, shift: i32, lanes: i32): void {
  orByte(at, i32x4.extract_lane(words, 0), shift)
  if (lanes > 1) orByte(at + stride, i32x4.extract_lane(words, 1), shift)
  if (lanes > 2) orByte(at + 2 * stride, i32x4.extract_lane(words, 2), shift)
  if (lanes > 3) orByte(at + 3 * stride, i32x4.extract_lane(words, 3), shift)
}

// @ts-ignore: decorator
@inline
function orByte(at: usize, code: i32, shift: i32): void {
  store<u8>(at, load<u8>(at) | <u8>((code & 0xff) << shift))
}

/** How many of the first `lanes` columns from c on hold a number that is not finite, or have such a scale. */
function unsoundColumns(c: i32, count: i32, lanes: i32, scaleAt: usize, scaleStride: usize): i32 {
  let unsound = 0
  for (let lane = 0; lane < lanes; lane++) {
    let sound: bool = isFinite(load<f32>(scaleAt + <usize>lane * scaleStride))
    for (let i = 0; sound && i < count; i++) {
      sound = isFinite(load<f32>(tile + <usize>i * pitch + ((c + lane) << 2)))
    }
    if (!sound) unsound++
  }
  return unsound
}
