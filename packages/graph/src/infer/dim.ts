// Dimensions as rules see them: a number, an expression in canonical text, or null when nothing is known. Null in,
// null out; so is everything that has no exact form.
import type { Dim } from '../ir.ts'
import { divideFloor, floorAtom, format, minAtom, parse, smaller } from './expression.ts'
import {
  add, atom, constant, constantOf, divideExactly, lowest, multiply, subtract, type Polynomial,
} from './polynomial.ts' // prettier-ignore

/** Labels under which exporters file every unknown size: equal text does not mean equal size there. */
const anonymous = new Set(['', '?', 'None', 'none', 'null', 'unk', 'unknown', '-1', 'dynamic'])

/** The canonical form of a label as found in a file; null for the labels that mean nothing. */
export function readDim(dim: Dim): Dim {
  if (typeof dim === 'number') return Number.isSafeInteger(dim) && dim >= 0 ? dim : null
  if (dim === null || anonymous.has(dim.trim())) return null
  const read = fromPolynomial(polynomial(dim))
  return typeof read === 'number' && read < 0 ? null : read
}

function polynomial(dim: Dim): Polynomial | undefined {
  if (dim === null) return undefined
  if (typeof dim === 'number') return Number.isSafeInteger(dim) ? constant(dim) : undefined
  return parse(dim) ?? atom(dim)
}

function fromPolynomial(p: Polynomial | undefined): Dim {
  if (!p) return null
  return constantOf(p) ?? format(p)
}

type Operation = (a: Polynomial, b: Polynomial) => Polynomial | undefined

function combine(a: Dim, b: Dim, operation: Operation): Dim {
  const [x, y] = [polynomial(a), polynomial(b)]
  return x && y ? fromPolynomial(operation(x, y)) : null
}

const safe = (value: number): Dim => (Number.isSafeInteger(value) ? value : null)
const bothSafe = (a: Dim, b: Dim): boolean => Number.isSafeInteger(a) && Number.isSafeInteger(b)

export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return bothSafe(a, b) ? safe(a + b) : null
  return combine(a, b, add)
}

export function subtractDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return bothSafe(a, b) ? safe(a - b) : null
  if (a !== null && a === b) return 0
  return combine(a, b, subtract)
}

/** A product; zero times an unknown size is zero. */
export function multiplyDims(a: Dim, b: Dim): Dim {
  if (a === 0 || b === 0) return 0
  if (a === 1) return b
  if (b === 1) return a
  if (typeof a === 'number' && typeof b === 'number') return bothSafe(a, b) ? safe(a * b) : null
  return combine(a, b, multiply)
}

export function productOf(dims: readonly Dim[]): Dim {
  return dims.reduce(multiplyDims, 1)
}

/** a / b if it is exact for all sizes, else null. */
export function divideDims(a: Dim, b: Dim): Dim {
  if (b === 0 || b === null) return null
  if (a !== null && a === b) return 1
  if (typeof a === 'number' && typeof b === 'number') return a % b === 0 ? a / b : null
  return combine(a, b, divideExactly)
}

/** ⌊a / n⌋ for an integer n > 0. */
export function floorDivide(a: Dim, n: number): Dim {
  if (n <= 0 || !Number.isSafeInteger(n)) return null
  if (typeof a === 'number') return Number.isSafeInteger(a) ? Math.floor(a / n) : null
  return combine(a, n, p => divideFloor(p, n))
}

/** ⌈a / n⌉ = ⌊(a + n - 1) / n⌋ for an integer n > 0. */
export function ceilDivide(a: Dim, n: number): Dim {
  return floorDivide(addDims(a, n - 1), n)
}

/** The smaller of two sizes; null when one may be negative. */
export function smallerDim(a: Dim, b: Dim): Dim {
  return combine(a, b, smaller)
}

/** True when a is `min(b, n)` with n at least 1: then a never exceeds b, and is 0 only with it. */
export function isCappedBy(a: Dim, b: Dim): boolean {
  const [x, y] = (typeof a === 'string' && minAtom(a)) || []
  if (!x || !y) return false
  return (fromPolynomial(x) === b && lowest(y) >= 1) || (fromPolynomial(y) === b && lowest(x) >= 1)
}

/** The least value it can take; -Infinity when unknown. */
export function lowerBound(dim: Dim): number {
  if (typeof dim === 'number') return dim
  const p = polynomial(dim)
  return p ? lowest(p) : -Infinity
}

/** The greatest value it can take; Infinity when unknown. */
export function upperBound(dim: Dim): number {
  return -lowerBound(subtractDims(0, dim))
}

/** Names of the sizes in a dimension. */
export function dimNames(dim: Dim): ReadonlySet<string> {
  const p = typeof dim === 'string' ? polynomial(dim) : undefined
  return new Set((p ?? []).flatMap(term => term.atoms.flatMap(namesIn)))
}

function namesIn(name: string): readonly string[] {
  const floor = floorAtom(name)
  const parts = floor ? [floor.dividend] : minAtom(name)
  return parts ? parts.flatMap(part => [...dimNames(format(part))]) : [name]
}

/** The number that a dimension is when its names have these sizes; undefined when a name has none. */
export function evaluateDim(dim: Dim, sizes: ReadonlyMap<string, number>): number | undefined {
  if (typeof dim === 'number') return dim
  const whole = dim === null ? undefined : sizes.get(dim)
  if (whole !== undefined) return whole
  const p = polynomial(dim)
  if (!p) return undefined
  let sum = 0
  for (const { coefficient, atoms } of p) {
    let product = coefficient
    for (const name of atoms) {
      const value = sizes.get(name) ?? evaluateAtom(name, sizes)
      if (value === undefined) return undefined
      product *= value
    }
    sum += product
  }
  return sum
}

function evaluateAtom(name: string, sizes: ReadonlyMap<string, number>): number | undefined {
  const floor = floorAtom(name)
  const parts = (floor ? [floor.dividend] : minAtom(name))?.map(part => evaluateDim(format(part), sizes))
  const [first, second] = parts ?? []
  if (first === undefined) return undefined
  if (floor) return Math.floor(first / floor.divisor)
  return second === undefined ? undefined : Math.min(first, second)
}
