// JavaScript's Math.round goes up at halves; numeric code needs the rounding of the hardware.

/** The nearest integer, of two equally near ones the even one (IEEE; numpy's and ONNX's Round). */
export function roundHalfToEven(t: number): number {
  const below = Math.floor(t)
  const rest = t - below
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below
}
