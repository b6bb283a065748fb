// The order conditions of multistep solvers are two or three linear equations.

/** x with matrix · x = sides, by elimination with row pivots. Matrices of the order conditions are never singular. */
export function solveLinear(
  matrix: readonly (readonly number[])[],
  sides: readonly number[],
): readonly number[] {
  const rows = matrix.map((row, i) => [...row, sides[i] ?? 0])
  const size = rows.length
  for (let column = 0; column < size; column++) {
    const below = rows.slice(column).sort((a, b) => Math.abs(b[column] ?? 0) - Math.abs(a[column] ?? 0))
    rows.splice(column, size - column, ...below)
    const pivot = rows[column] ?? []
    for (const row of rows) {
      if (row === pivot) continue
      const factor = (row[column] ?? 0) / (pivot[column] ?? 1)
      for (let k = column; k <= size; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0)
    }
  }
  return rows.map((row, i) => (row[size] ?? 0) / (row[i] ?? 1))
}
