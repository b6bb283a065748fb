// A polynomial through points by least squares: how far what is cheap to watch tells of what is dear to compute.

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
  const rows = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => sum(points, ([x]) => (x / scale) ** (i + j))),
    sum(points, ([x, y]) => y * (x / scale) ** i),
  ])
  const solved = solve(rows)
  return solved?.map((c, i) => c / scale ** i)
}

function sum(
  points: readonly (readonly [number, number])[],
  of: (point: readonly [number, number]) => number,
): number {
  // prettier-ignore
  return points.reduce((total, point) => total + of(point), 0)
}

/** Gauss's elimination with the largest pivot; each row is an equation, its last number the right side. */
function solve(rows: readonly (readonly number[])[]): readonly number[] | undefined {
  const left = rows.map(row => [...row])
  const size = left.length
  for (let at = 0; at < size; at++) {
    const pivot = left
      .slice(at)
      .reduce((best, row) => (Math.abs(row[at] ?? 0) > Math.abs(best[at] ?? 0) ? row : best))
    left.splice(left.indexOf(pivot), 1)
    left.splice(at, 0, pivot)
    const head = pivot[at] ?? 0
    if (Math.abs(head) < 1e-14) return undefined
    for (const [other, row] of left.entries()) {
      const factor = other === at ? 0 : (row[at] ?? 0) / head
      if (factor !== 0) for (let k = at; k <= size; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0)
    }
  }
  return left.map((row, at) => (row[size] ?? 0) / (row[at] ?? 1))
}
