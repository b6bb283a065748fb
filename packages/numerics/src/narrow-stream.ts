// Narrowing of a tensor that arrives in bands: float32 in, 16 or 8 bit floats out. Memory is two bands and their codes, so
// that one band is read while the codes of the other are written.
import type { Arena } from './arena.ts'
import type { BandOptions } from './block-plan.ts'
import type { NarrowType } from './engine.ts'
import { NumericsError, requireInteger } from './error.ts'
import { narrowFloats } from './narrow-float-format.ts'
import { encodeFloats, decodeFloats } from './narrow-float.ts'

export interface NarrowSpec {
  readonly type: NarrowType
  /** What finite magnitudes beyond it become, a number that the type holds; absent: infinity, or 8-bit floats' greatest. */
  readonly limit?: number
}

export interface NarrowBand {
  /** Where float32 numbers go, little-endian; memory of the kernel, filled in place. */
  readonly source: Uint8Array<ArrayBuffer>
  /** Codes of the first `count` numbers, to nearest even, infinities and NaN kept: a view, valid until this band's next. */
  push(count: number): Uint8Array<ArrayBuffer>
}

export interface NarrowStream {
  readonly bands: readonly [NarrowBand, NarrowBand]
}

/** Opens the narrowing of one tensor. Throws `numerics/argument` for a limit that the type does not hold. */
export function openNarrowStream(
  arena: Arena,
  { type, limit = Infinity }: NarrowSpec,
  { bandBytes = 4 << 20 }: BandOptions = {},
): NarrowStream {
  requireInteger('bandBytes', bandBytes, 4)
  checkLimit(type, limit)
  const { engine } = arena
  const most = bandBytes >> 2
  const bytes = narrowFloats[type].bits / 8
  const sizes = [most * 4, most * bytes]
  const claim = arena.claim([...sizes, ...sizes])
  const band = (at: number): NarrowBand => {
    const [source = 0, target = 0] = claim.addresses.slice(at)
    return {
      source: new Uint8Array(engine.memory(), source, most * 4),
      push: count => {
        claim.check()
        requireInteger('count', count, 1, most)
        engine.narrow({ source, count, target, type, limit })
        return new Uint8Array(engine.memory(), target, count * bytes)
      },
    }
  }
  return { bands: [band(0), band(2)] }
}

function checkLimit(type: NarrowType, limit: number): void {
  const one = Float32Array.of(limit)
  const codes = type === 'float16' || type === 'bfloat16' ? encodeFloats(one, type) : encodeFloats(one, type)
  const [held] = decodeFloats(codes, type)
  if (limit > 0 && (limit === Infinity || held === limit)) return
  throw new NumericsError(
    'numerics/argument',
    `limit: expected a positive number that ${type} holds, got ${limit}`,
  )
}
