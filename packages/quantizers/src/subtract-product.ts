// C −= A·B on parts of row-major float64 matrices: what the factorization and the compensation of errors spend their time on.
// Four rows of B are added at once to two rows of C, so each number of C is loaded and stored once for eight products.

/** A part of a row-major matrix: where it starts, and how far apart its rows are. */
export interface Part {
  readonly data: Float64Array
  readonly from: number
  readonly stride: number
}

/** A panel of B of so many numbers (128 KB) stays in the second-level cache while all rows of C pass by. */
const panelRows = 64
const panelColumns = 256

/** C [rows, columns] −= A [rows, depth] · B [depth, columns]. A, B and C may be parts of one array that do not overlap. */
export function subtractProduct(
  C: Part,
  A: Part,
  B: Part,
  size: { readonly rows: number; readonly depth: number; readonly columns: number },
): void {
  const { rows, depth, columns } = size
  for (let top = 0; top < depth; top += panelRows) {
    const height = Math.min(panelRows, depth - top)
    for (let from = 0; from < columns; from += panelColumns) {
      const width = Math.min(panelColumns, columns - from)
      const panel = { data: B.data, from: B.from + top * B.stride + from, stride: B.stride }
      const part = { data: C.data, from: C.from + from, stride: C.stride }
      subtractPanel(part, { ...A, from: A.from + top }, panel, rows, height, width)
    }
  }
}

function subtractPanel(C: Part, A: Part, B: Part, rows: number, depth: number, width: number): void {
  for (let i = 0; i < rows; i += 2) {
    for (let m = 0; m < depth; m += 4) {
      const c = C.from + i * C.stride
      const a = A.from + i * A.stride + m
      const b = B.from + m * B.stride
      if (i + 1 < rows && m + 3 < depth) twoByFour(C, c, A, a, B, b, width)
      else edge(C, c, A, a, B, b, width, Math.min(2, rows - i), Math.min(4, depth - m))
    }
  }
}

function twoByFour(C: Part, c: number, A: Part, a: number, B: Part, b: number, width: number): void {
  const x = C.data
  const y = A.data
  const z = B.data
  const p0 = y[a] ?? 0
  const p1 = y[a + 1] ?? 0
  const p2 = y[a + 2] ?? 0
  const p3 = y[a + 3] ?? 0
  const next = a + A.stride
  const q0 = y[next] ?? 0
  const q1 = y[next + 1] ?? 0
  const q2 = y[next + 2] ?? 0
  const q3 = y[next + 3] ?? 0
  const below = c + C.stride
  const second = b + B.stride
  const third = second + B.stride
  const fourth = third + B.stride
  for (let j = 0; j < width; j++) {
    const b0 = z[b + j] ?? 0
    const b1 = z[second + j] ?? 0
    const b2 = z[third + j] ?? 0
    const b3 = z[fourth + j] ?? 0
    x[c + j] = (x[c + j] ?? 0) - (p0 * b0 + p1 * b1 + p2 * b2 + p3 * b3)
    x[below + j] = (x[below + j] ?? 0) - (q0 * b0 + q1 * b1 + q2 * b2 + q3 * b3)
  }
}

function edge(
  C: Part,
  c: number,
  A: Part,
  a: number,
  B: Part,
  b: number,
  width: number,
  rows: number,
  depth: number,
): void {
  for (let i = 0; i < rows; i++) {
    for (let m = 0; m < depth; m++) {
      const factor = A.data[a + i * A.stride + m] ?? 0
      const to = c + i * C.stride
      const of = b + m * B.stride
      for (let j = 0; j < width; j++) C.data[to + j] = (C.data[to + j] ?? 0) - factor * (B.data[of + j] ?? 0)
    }
  }
}
