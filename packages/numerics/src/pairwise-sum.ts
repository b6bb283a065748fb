// numpy's order of summation, which decides ties of a search: eight running sums joined two by two, runs of 128 added up.
const { fround, min } = Math

const run = 128

/** Σ term(i) of i < count in float32; count is a multiple of 8. Terms are float32. */
export function pairwiseSum(count: number, term: (i: number) => number): number {
  let total = 0
  const r = new Float32Array(8)
  for (let start = 0; start < count; start += run) {
    r.fill(0)
    const end = min(start + run, count)
    for (let i = start; i < end; i++) r[i & 7] = (r[i & 7] ?? 0) + term(i)
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = r
    const left = fround(fround(a + b) + fround(c + d))
    const right = fround(fround(e + f) + fround(g + h))
    total = fround(total + fround(left + right))
  }
  return total
}
