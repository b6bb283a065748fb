// Every step has a seed of its own, so that adding a step does not change what the others draw.

/**
 * The seed of a step: FNV-1a (32 bit) over `<run seed>:<step id>`, then the finalizer of MurmurHash3. The id holds the
 * algorithm and its place among its like (`#2`). An unsigned 32-bit integer.
 */
export function stepSeed(seed: number, id: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(`${seed}:${id}`)) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
