// Signal to quantization noise ratio: 10·log10(Σ‖y‖² / Σ‖y − ŷ‖²) over all elements, of the worst float output.
import type { Outputs, TensorData } from '@damson/core'
import { decodeFloats } from '@damson/numerics'

/** SQNR in dB of the worst floating-point output; Infinity when all are equal. Positions where the original is not finite are left out. */
export function sqnr(actual: Outputs, expected: Outputs): number {
  const each = Object.entries(expected).flatMap(([name, want]) => {
    const got = actual[name]
    return got && isFloat(want) ? [ratio(floats(got), floats(want))] : []
  })
  return Math.min(Infinity, ...each)
}

function isFloat({ dtype }: TensorData): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16'
}

function floats({ dtype, data }: TensorData): ArrayLike<number> {
  if (dtype === 'float16' && data instanceof Uint16Array) return decodeFloats(data, 'float16')
  return Float64Array.from(data, value => Number(value))
}

function ratio(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let signal = 0
  let noise = 0
  for (let at = 0; at < want.length; at++) {
    const [y = 0, z = 0] = [want[at], got[at]]
    if (!Number.isFinite(y)) continue
    // A number where the original is finite and this one is not is no position to leave out.
    if (!Number.isFinite(z)) return -Infinity
    signal += y * y
    noise += (y - z) ** 2
  }
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise)
}
