// float16 bit patterns of numbers, and back. Feeds only: weights are converted by the numerics package.

/** Bits of the nearest float16 (ties to even); overflow gives infinity. */
export function halfOf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude >= 65520) return sign | 0x7c00
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)))
  // Units of the last place: 2^(exponent-10); a mantissa that rounds up to 2048 carries into the exponent by itself.
  const units = roundHalfEven(magnitude / 2 ** (exponent - 10))
  return sign | (exponent === -14 ? units : units + ((exponent + 14) << 10))
}

/** The number of a float16 bit pattern. */
export function numberOfHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
