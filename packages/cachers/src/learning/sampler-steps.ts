// What the sampler does with an output, read off recorded generations: x' = a·x + b·u + d·c, so the guidance is d / (b + d) and
// the output's effect b + d. Exact for DDIM and Euler; for samplers that remember earlier outputs the share of the last one.
import { basis, unit, type InnerProducts } from './inner-products.ts'
import { leastSquares } from './least-squares.ts'

export interface SamplerSteps {
  /** g in u + g·(c − u); 1 where there was none. */
  readonly guidance: number
  /** How much an error of the output at each step moves the result. */
  readonly effects: readonly number[]
}

/** Reads guidance and effects off the inner products. */
export function samplerSteps(products: InnerProducts): SamplerSteps {
  const { steps } = products
  const rows = Array.from({ length: Math.max(0, steps - 1) }, (_, step) => {
    const vectors = [basis.x(step), basis.u(step), basis.c(step)].map(unit)
    const [a = 1, b = 0, d = 0] = leastSquares(products, unit(basis.x(step + 1)), vectors)
    return { a, effect: b + d, guidance: d / (b + d) }
  })
  const last = rows.at(-1) ?? { a: 1, effect: 1, guidance: 1 }
  const all = [...rows, last]
  const carried = (from: number): number => all.slice(from + 1).reduce((product, { a }) => product * a, 1)
  return {
    guidance: isGuided(products) ? median(rows.map(row => row.guidance).filter(Number.isFinite)) : 1,
    effects: all.map(({ effect }, step) => effect * carried(step)),
  }
}

/** Without guidance u and c are the same. */
function isGuided(products: InnerProducts): boolean {
  const [u, c] = [unit(basis.u(0)), unit(basis.c(0))]
  return (
    products.product(u, u) !== products.product(c, c) || products.product(u, c) !== products.product(c, c)
  )
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 1
}
