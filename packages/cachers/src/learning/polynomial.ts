// A polynomial through points by least squares: how far what is cheap to watch tells of what is dear to compute.
import { solveLinear } from '@damson/numerics'

/** Coefficients c₀…c_degree of the polynomial that is closest to the points; undefined where there are too few to tell. */
export function fitPolynomial(
  points: readonly (readonly [number, number])[],
  degree: number,
): readonly number[] | undefined {
  // prettier-ignore
  const size = degree + 1
  const distinct = new Set(points.map(([x]) => x)).size
  if (distinct <= size) return undefined
  // x is scaled to 1, so that its powers are of one size.
  const scale = Math.max(...points.map(([x]) => Math.abs(x)))
  const powers = Array.from({ length: size }, (_, i) => i)
  const matrix = powers.map(i => powers.map(j => sum(points, ([x]) => (x / scale) ** (i + j))))
  const sides = powers.map(i => sum(points, ([x, y]) => y * (x / scale) ** i))
  const solved = solveLinear(matrix, sides, 1e-14)
  return solved?.map((c, i) => c / scale ** i)
}

function sum(
  points: readonly (readonly [number, number])[],
  of: (point: readonly [number, number]) => number,
): number {
  // prettier-ignore
  return points.reduce((total, point) => total + of(point), 0)
}
