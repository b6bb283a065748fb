// Random bits that are a function of key and position alone: Philox 4×32 with 10 rounds (Salmon et al. 2011, "Parallel random
// numbers: as easy as 1, 2, 3"). No state, so each picture of a batch has its own noise whatever stands beside it.

const multipliers = [0xd2511f53, 0xcd9e8d57] as const
const weyl = [0x9e3779b9, 0xbb67ae85] as const
const rounds = 10

export type Four = readonly [number, number, number, number]

/** Four random 32-bit numbers for a counter of four and a key of two. */
export function philox(counter: Four, key: readonly [number, number]): Four {
  let [a, b, c, d] = counter
  let [k0, k1] = key
  for (let round = 0; round < rounds; round++) {
    const [high0, low0] = product(multipliers[0], a)
    const [high1, low1] = product(multipliers[1], c)
    ;[a, b, c, d] = [(high1 ^ b ^ k0) >>> 0, low1, (high0 ^ d ^ k1) >>> 0, low0]
    k0 = (k0 + weyl[0]) >>> 0
    k1 = (k1 + weyl[1]) >>> 0
  }
  return [a, b, c, d]
}

/** High and low half of a 64-bit product, through halves of 16 bits. */
function product(x: number, y: number): readonly [number, number] {
  const [xh, xl, yh, yl] = [x >>> 16, x & 0xffff, y >>> 16, y & 0xffff]
  const middle = xh * yl + ((xl * yl) >>> 16)
  const carry = xl * yh + (middle & 0xffff)
  const high = xh * yh + Math.floor(middle / 65536) + Math.floor(carry / 65536)
  return [high >>> 0, Math.imul(x, y) >>> 0]
}
