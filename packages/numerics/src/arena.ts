// A kernel's memory, claimed anew by each stream: one weight at a time, no growth while its bands are being filled.
import type { Engine } from './engine.ts'
import { NumericsError } from './error.ts'

const alignment = 64

interface Claim {
  /** One address a size asked for. */
  readonly addresses: readonly number[]
  /** Throws `numerics/stale` once another stream of the same kernel has claimed the memory. */
  check(): void
}

export interface Arena {
  readonly engine: Engine
  claim(sizes: readonly number[]): Claim
}

/** Bytes that a claim of these sizes takes; each region is followed by slack that vector loads may read. */
export function claimBytes(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + Math.ceil(size / alignment) * alignment + alignment, 0)
}

/** Addresses of regions one behind the other from `base` on, and where they end. */
export function layOut(
  base: number,
  sizes: readonly number[],
): { addresses: readonly number[]; end: number } {
  let end = Math.ceil(base / alignment) * alignment
  const addresses = sizes.map(size => {
    const address = end
    end += claimBytes([size])
    return address
  })
  return { addresses, end }
}

/** Hands out the memory of an engine. */
export function createArena(engine: Engine): Arena {
  let current = 0
  return {
    engine,
    claim: sizes => {
      const mine = ++current
      const { addresses, end } = layOut(engine.base, sizes)
      reserve(engine, end)
      return {
        addresses,
        check: () => {
          if (mine === current) return
          throw new NumericsError(
            'numerics/stale',
            'this stream was ended by a later one of the same kernel: finish one weight before the next, or use two kernels',
          )
        },
      }
    },
  }
}

function reserve(engine: Engine, bytes: number): void {
  try {
    engine.reserve(bytes)
  } catch (error) {
    throw new NumericsError(
      'numerics/memory',
      `a kernel could not grow to ${bytes} bytes (${String(error)}): take smaller bands, or slices of the columns (blockSlices)`,
    )
  }
}
