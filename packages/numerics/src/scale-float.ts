// float8e8m0: an exponent and nothing else, 2^(code - 127); 255 is NaN. Block formats (MX) store scales so.

export interface ScaleEncodeOptions {
  /** ONNX's `round_mode`; default `up`, so that a block's greatest value never overflows. */
  readonly round?: 'up' | 'down' | 'nearest'
  /** Default true: values above 2^127 become 2^127; else NaN. */
  readonly saturate?: boolean
}

/** Codes of float32 scales, as ONNX's reference Cast to FLOAT8E8M0: the sign is ignored, infinities and NaN become NaN. */
export function encodeScales(
  values: Float32Array,
  options: ScaleEncodeOptions = {},
): Uint8Array<ArrayBuffer> {
  const { round = 'up', saturate = true } = options
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const codes = new Uint8Array(values.length)
  for (let i = 0; i < codes.length; i++) {
    const word = words[i] ?? 0
    const exponent = (word >>> 23) & 0xff
    const up = exponent < 255 && roundsUp(word & 0x7fffff, exponent, round)
    codes[i] = exponent + (up && !(saturate && exponent === 254) ? 1 : 0)
  }
  return codes
}

function roundsUp(fraction: number, exponent: number, round: 'up' | 'down' | 'nearest'): boolean {
  if (round === 'down') return false
  if (round === 'up') return fraction > 0
  // At the midpoint 1.5 * 2^e the reference goes up for every e but the least.
  return fraction > 0x400000 || (fraction === 0x400000 && exponent > 0)
}

/** float32 values of codes: 2^(code - 127), exact (code 0 is a float32 subnormal). */
export function decodeScales(codes: Uint8Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(codes, code => (code === 255 ? NaN : 2 ** (code - 127)))
}
