// Exact arithmetic on symbolic sizes: polynomials with integer coefficients over atoms, which are never negative. Every
// operation gives the canonical form, or undefined where no exact one of bearable length exists.

export interface Term {
  readonly coefficient: number
  /** Sorted; repeated for powers; empty for the constant term. */
  readonly atoms: readonly string[]
}

/** Terms in canonical order, no zero coefficient; empty is zero. */
export type Polynomial = readonly Term[]

/** Larger results are of no use to anybody and grow without bound on hostile graphs. */
const maxTerms = 24
export const maxAtoms = 8

export function constant(value: number): Polynomial {
  return value === 0 ? [] : [{ coefficient: value, atoms: [] }]
}

export function atom(name: string): Polynomial {
  return [{ coefficient: 1, atoms: [name] }]
}

/** The value if the polynomial is a number. */
export function constantOf(p: Polynomial): number | undefined {
  if (p.length === 0) return 0
  const only = p.length === 1 ? p[0] : undefined
  return only?.atoms.length === 0 ? only.coefficient : undefined
}

const keyOf = (atoms: readonly string[]): string => atoms.join('\0')

function collect(terms: Iterable<Term>): Polynomial | undefined {
  const sums = new Map<string, Term>()
  for (const { coefficient, atoms } of terms) {
    const key = keyOf(atoms)
    const sum = (sums.get(key)?.coefficient ?? 0) + coefficient
    if (!Number.isSafeInteger(sum) || atoms.length > maxAtoms) return undefined
    sums.set(key, { coefficient: sum, atoms })
  }
  const kept = [...sums.values()].filter(term => term.coefficient !== 0)
  return kept.length > maxTerms ? undefined : kept.sort(byName)
}

/** Names in order, the constant last. */
function byName(a: Term, b: Term): number {
  if (a.atoms.length === 0 || b.atoms.length === 0) return b.atoms.length - a.atoms.length
  const [x, y] = [keyOf(a.atoms), keyOf(b.atoms)]
  return x < y ? -1 : x > y ? 1 : 0
}

export function add(a: Polynomial, b: Polynomial): Polynomial | undefined {
  return collect([...a, ...b])
}

export function scale(p: Polynomial, factor: number): Polynomial | undefined {
  return collect(p.map(term => ({ ...term, coefficient: term.coefficient * factor })))
}

export function subtract(a: Polynomial, b: Polynomial): Polynomial | undefined {
  const negated = scale(b, -1)
  return negated && add(a, negated)
}

export function multiply(a: Polynomial, b: Polynomial): Polynomial | undefined {
  return collect(
    a.flatMap(x =>
      b.map(y => ({
        coefficient: x.coefficient * y.coefficient,
        atoms: [...x.atoms, ...y.atoms].sort(),
      })),
    ),
  )
}

/** a / b where it is a polynomial with integer coefficients; b is assumed not to be zero where it is used. */
export function divideExactly(a: Polynomial, b: Polynomial): Polynomial | undefined {
  const lead = leading(b)
  if (!lead) return undefined
  let rest: Polynomial | undefined = a
  let quotient: Polynomial | undefined = []
  for (let step = 0; rest && quotient && step <= maxTerms; step++) {
    const top = leading(rest)
    if (!top) return quotient
    const atoms = without(top.atoms, lead.atoms)
    const coefficient = top.coefficient / lead.coefficient
    if (!atoms || !Number.isInteger(coefficient)) return undefined
    const part = [{ coefficient, atoms }]
    quotient = add(quotient, part)
    const product = multiply(part, b)
    rest = product && subtract(rest, product)
  }
  return undefined
}

/** Leading term in an order that respects products: degree, then names. */
function leading(p: Polynomial): Term | undefined {
  let best: Term | undefined
  for (const term of p) {
    if (!best || term.atoms.length > best.atoms.length) best = term
    else if (term.atoms.length === best.atoms.length && lexBefore(term.atoms, best.atoms)) best = term
  }
  return best
}

function lexBefore(a: readonly string[], b: readonly string[]): boolean {
  for (const [at, name] of a.entries()) {
    const other = b[at] ?? ''
    if (name !== other) return name < other
  }
  return false
}

function without(atoms: readonly string[], gone: readonly string[]): readonly string[] | undefined {
  const rest = [...atoms]
  for (const name of gone) {
    const at = rest.indexOf(name)
    if (at < 0) return undefined
    rest.splice(at, 1)
  }
  return rest
}

/** The least value it can take given that atoms are at least zero; -Infinity when unknown. */
export function lowest(p: Polynomial): number {
  if (p.some(term => term.atoms.length > 0 && term.coefficient < 0)) return -Infinity
  return p.find(term => term.atoms.length === 0)?.coefficient ?? 0
}

/** Every coefficient divided by n and rounded down. */
export function floorCoefficients(p: Polynomial, n: number): Polynomial | undefined {
  return collect(p.map(term => ({ ...term, coefficient: Math.floor(term.coefficient / n) })))
}
