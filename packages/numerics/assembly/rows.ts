// Block-wise codes of a matrix [N, K]: a block lies in one piece, so sixteen of its codes are packed at a time.
import { notFinite, roundToHalf } from './lanes'
import { lanes } from './k-quant-lanes'
import { clearTail, codesAway, codesEven, codesExact } from './packing'
import { asymmetricScale, parameters, symmetricScale, zeroPointAway, zeroPointEven } from './parameters'
import { searchBlock, searches, searchesLanes, searchLanes, zeroPointsAreFloats } from './search'

const greatest: f32 = 3.4028234663852886e38

const tail: usize = memory.data(1024, 64) // a block that K cuts off, filled up
const tailCodes: usize = memory.data(256, 64)
const found: usize = memory.data(32, 64) // scales and zero points of four blocks

/** Codes `rows` rows; returns how many blocks cannot be coded. See BlockCall in engine.ts. */
export function blocksOfRows(
  source: usize, rows: i32, K: i32, kBlocks: i32, blockSize: i32, bits: i32, rowBytes: i32, zeroRowBytes: i32,
  packed: usize, scales: usize, zeroPoints: usize, divide: bool, halfScales: bool,
): i32 {
  const blob = (blockSize * bits) >> 3
  const symmetric = zeroPoints == 0
  const fours = searchesLanes(symmetric) ? K / blockSize - 3 : 0
  let unsound = 0
  for (let n = 0; n < rows; n++) {
    for (let b = 0; b < kBlocks; b++) {
      if (b < fours) {
        const odd = codeFour(
          source, blockSize, bits, halfScales, packed + b * blob, blob, scales, 4, zeroPoints, 0, b, 1,
        )
        if (odd >= 0) {
          unsound += odd
          scales += 16
          source += <usize>blockSize << 4
          b += 3
          continue
        }
      }
      const count = min(blockSize, K - b * blockSize)
      const from = count < blockSize ? filledUp(source, count, blockSize) : source
      const to = count < blockSize ? tailCodes : packed + b * blob
      if (!codeBlock(from, blockSize, bits, symmetric, divide, halfScales, to)) unsound++
      if (count < blockSize) {
        memory.copy(packed + b * blob, tailCodes, (count * bits + 7) >> 3)
        clearTail(packed + b * blob, count * bits, rowBytes - b * blob)
      }
      store<f32>(scales, load<f32>(parameters))
      scales += 4
      if (!symmetric) storeZeroPoint(zeroPoints, b, bits)
      source += <usize>count << 2
    }
    packed += rowBytes
    zeroPoints += zeroRowBytes
  }
  return unsound
}

/** Puts the zero point of the block that was coded into its row. */
export function storeZeroPoint(row: usize, block: i32, bits: i32): void {
  if (zeroPointsAreFloats()) {
    store<f32>(row + (<usize>block << 2), load<f32>(parameters, 4))
    return
  }
  const at = row + ((block * bits) >> 3)
  store<u8>(at, load<u8>(at) | <u8>(<i32>load<f32>(parameters, 4) << ((block * bits) & 7)))
}

/** Repeats the first number up to a whole block: that changes no range. A search fills up with zeros, which cost nothing. */
function filledUp(source: usize, count: i32, blockSize: i32): usize {
  memory.copy(tail, source, <usize>count << 2)
  const first: f32 = searches() ? 0 : load<f32>(source)
  for (let i = count; i < blockSize; i++) store<f32>(tail + (<usize>i << 2), first)
  return tail
}

/**
 * Codes four whole blocks that lie one behind the other, from block `block` on, each `next` further and its results so many
 * bytes further. Returns how many cannot be coded; -1, with nothing written, where each has to be looked at by itself.
 */
export function codeFour(
  from: usize, blockSize: i32, bits: i32, halfScales: bool, to: usize, nextCodes: usize, scales: usize, nextScale: usize,
  zeroPoints: usize, nextZeroRow: usize, block: i32, next: i32,
): i32 {
  const length = <usize>blockSize << 2
  gatherLanes(from, length)
  if (!searchLanes(blockSize, bits, halfScales, found)) return -1
  let unsound = 0
  for (let i = 0; i < 4; i++) {
    const scale = load<f32>(found + (i << 2)), zeroPoint = load<f32>(found + (i << 2), 16)
    codesExact(from, from + length, scale, zeroPoint, bits, to)
    store<f32>(scales, scale)
    store<f32>(parameters, zeroPoint, 4)
    storeZeroPoint(zeroPoints, block, bits)
    if (!isFinite(scale)) unsound++
    from += length
    to += nextCodes
    scales += nextScale
    zeroPoints += nextZeroRow
    block += next
  }
  return unsound
}

/** Number i of four blocks of `length` bytes becomes vector i of `lanes`. */
function gatherLanes(from: usize, length: usize): void {
  for (let at: usize = 0; at < length; at += 16) {
    const a = v128.load(from + at), b = v128.load(from + length + at)
    const c = v128.load(from + 2 * length + at), d = v128.load(from + 3 * length + at)
    const ab = i32x4.shuffle(a, b, 0, 4, 1, 5), cd = i32x4.shuffle(c, d, 0, 4, 1, 5)
    const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7), cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7)
    const to = lanes + (at << 2)
    v128.store(to, i64x2.shuffle(ab, cd, 0, 2))
    v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 16)
    v128.store(to, i64x2.shuffle(ab2, cd2, 0, 2), 32)
    v128.store(to, i64x2.shuffle(ab2, cd2, 1, 3), 48)
  }
}

/** Codes a whole block; false if it cannot be coded. */
export function codeBlock(
  from: usize, blockSize: i32, bits: i32, symmetric: bool, divide: bool, halfScales: bool, to: usize,
): bool {
  let low = f32x4.splat(greatest), low1 = low
  let high = f32x4.splat(-greatest), high1 = high
  let sum = f32x4.splat(0)
  const end = from + (<usize>blockSize << 2)
  for (let at = from; at < end; at += 32) {
    const a = v128.load(at), b = v128.load(at, 16)
    low = f32x4.pmin(low, a)
    low1 = f32x4.pmin(low1, b)
    high = f32x4.pmax(high, a)
    high1 = f32x4.pmax(high1, b)
    sum = f32x4.add(sum, f32x4.add(a, b))
  }
  low = acrossMin(f32x4.pmin(low, low1))
  high = acrossMax(f32x4.pmax(high, high1))
  if (searches()) {
    const l = f32x4.extract_lane(low, 0), h = f32x4.extract_lane(high, 0)
    if ((!v128.any_true(notFinite(sum)) || areFinite(from, end)) && isFinite(h - l)) {
      if (searchBlock(from, blockSize, l, h, bits, symmetric, halfScales, to)) return isFinite(load<f32>(parameters))
    }
  }
  if (f32x4.extract_lane(low, 0) == 0 && f32x4.extract_lane(high, 0) == 0) {
    // All zeros: the first one's sign is the scale's.
    low = high = f32x4.splat(firstNumber(from, end))
  }
  setParameters(low, high, bits, symmetric, divide, halfScales)
  const scale = load<f32>(parameters), zeroPoint = load<f32>(parameters, 4)
  if (divide) codesEven(from, end, scale, zeroPoint, bits, symmetric, to)
  else codesAway(from, end, scale, zeroPoint, bits, to)
  return (!v128.any_true(notFinite(sum)) && isFinite(scale)) || isSound(from, end)
}

// @ts-ignore: decorator
@inline
function acrossMin(v: v128): v128 {
  v = f32x4.pmin(v, i32x4.shuffle(v, v, 2, 3, 0, 1))
  return f32x4.pmin(v, i32x4.shuffle(v, v, 1, 0, 3, 2))
}

// @ts-ignore: decorator
@inline
function acrossMax(v: v128): v128 {
  v = f32x4.pmax(v, i32x4.shuffle(v, v, 2, 3, 0, 1))
  return f32x4.pmax(v, i32x4.shuffle(v, v, 1, 0, 3, 2))
}

function firstNumber(from: usize, end: usize): f32 {
  while (from < end - 4 && isNaN(load<f32>(from))) from += 4
  return load<f32>(from)
}

function isSound(from: usize, end: usize): bool {
  return isFinite(load<f32>(parameters)) && areFinite(from, end)
}

function areFinite(from: usize, end: usize): bool {
  for (; from < end; from += 4) if (!isFinite(load<f32>(from))) return false
  return true
}

// @ts-ignore: decorator
@inline
function setParameters(low: v128, high: v128, bits: i32, symmetric: bool, divide: bool, halfScales: bool): void {
  const top = f32x4.splat(<f32>((1 << bits) - 1))
  const middle = <f32>(1 << (bits - 1))
  let scale: v128
  let zeroPoint = f32x4.splat(middle)
  if (symmetric) {
    scale = symmetricScale(low, high, middle, halfScales)
  } else {
    const exact = asymmetricScale(low, high, top)
    scale = halfScales ? roundToHalf(exact) : exact
    zeroPoint = divide ? zeroPointEven(low, exact, scale, top, middle) : zeroPointAway(low, exact, top)
  }
  store<f32>(parameters, f32x4.extract_lane(scale, 0))
  store<f32>(parameters, f32x4.extract_lane(zeroPoint, 0), 4)
}
