// Random numbers that are the same everywhere: tests and tiny models must not change from run to run.

/** A generator of numbers in [0, 1): mulberry32 (Tommy Ettinger, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Standard normal numbers times `scale`, by Box and Muller. */
export function seededNormal(seed: number, count: number, scale = 1): Float32Array {
  const random = seededRandom(seed)
  return Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    return scale * radius * Math.cos(2 * Math.PI * random())
  })
}
