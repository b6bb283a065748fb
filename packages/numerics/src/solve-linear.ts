// A few linear equations in double precision: normal equations of small fits, order conditions of solvers.

/**
 * x with matrix · x = sides (matrix [n, n], sides [n]), by elimination with row pivots; undefined where a pivot is no larger
 * than `least`, so that the equations do not determine x.
 */
export function solveLinear(
  matrix: readonly (readonly number[])[],
  sides: readonly number[],
  least = 0,
): readonly number[] | undefined {
  const rows = matrix.map((row, i) => [...row, sides[i] ?? 0])
  const size = rows.length
  for (let column = 0; column < size; column++) {
    const below = rows.slice(column).sort((a, b) => Math.abs(b[column] ?? 0) - Math.abs(a[column] ?? 0))
    rows.splice(column, size - column, ...below)
    const pivot = rows[column] ?? []
    if (!(Math.abs(pivot[column] ?? 0) > least)) return undefined
    for (const row of rows) {
      const factor = row === pivot ? 0 : (row[column] ?? 0) / (pivot[column] ?? 1)
      if (factor !== 0) for (let k = column; k <= size; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0)
    }
  }
  return rows.map((row, i) => (row[size] ?? 0) / (row[i] ?? 1))
}
