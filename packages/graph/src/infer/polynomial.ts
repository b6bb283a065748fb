// Exact arithmetic on symbolic sizes. A dimension such as `past + 2*sequence` is a polynomial with integer coefficients
// over atoms; an atom is a size (never negative), a floor quotient `((s + 1)//2)` of sizes by an integer, or the smaller
// of two `min(s, 128)`. Every operation gives the canonical form, so equal text means equal value, or undefined where
// no exact form exists.

export interface Term {
  readonly coefficient: number
  /** Sorted; repeated for powers; empty for the constant term. */
  readonly atoms: readonly string[]
}

/** Terms in canonical order, no zero coefficient; empty is zero. */
export type Polynomial = readonly Term[]

/** Larger results are of no use to anybody and grow without bound on hostile graphs. */
const maxTerms = 24
const maxAtoms = 8
const maxDepth = 32

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

/**
 * ⌊p / n⌋ for an integer n > 0: what n divides leaves the quotient (⌊(nA + B)/n⌋ = A + ⌊B/n⌋), the rest has coefficients
 * in [0, n), and ⌊(⌊B/m⌋ + c)/n⌋ = ⌊(B + cm)/(mn)⌋.
 */
export function divideFloor(p: Polynomial, n: number): Polynomial | undefined {
  if (!Number.isSafeInteger(n) || n <= 0) return undefined
  if (n === 1) return p
  const whole = collect(p.map(term => ({ ...term, coefficient: Math.floor(term.coefficient / n) })))
  const multiple = whole && scale(whole, n)
  const rest = multiple && subtract(p, multiple)
  if (!whole || !rest) return undefined
  const value = constantOf(rest)
  if (value !== undefined) return add(whole, constant(Math.floor(value / n)))
  const nested = nestedFloor(rest, n)
  if (nested) return add(whole, nested)
  return add(whole, atom(`(${sumText(rest)}//${n})`))
}

function nestedFloor(p: Polynomial, n: number): Polynomial | undefined {
  const inner = p.find(term => term.atoms.length > 0)
  if (!inner || inner.coefficient !== 1 || inner.atoms.length !== 1) return undefined
  if (p.some(term => term !== inner && term.atoms.length > 0)) return undefined
  const floor = floorAtom(inner.atoms[0] ?? '')
  const offset = p.find(term => term.atoms.length === 0)?.coefficient ?? 0
  const shifted = floor && add(floor.dividend, constant(offset * floor.divisor))
  return shifted && divideFloor(shifted, floor.divisor * n)
}

/** Takes apart an atom `(dividend//divisor)`. */
export function floorAtom(
  text: string,
): { readonly dividend: Polynomial; readonly divisor: number } | undefined {
  const match = /^\((.+)\/\/(\d+)\)$/.exec(text)
  if (!match?.[1] || !match[2]) return undefined
  const dividend = parse(match[1])
  return dividend && { dividend, divisor: Number(match[2]) }
}

/** The smaller of two that are both at least zero: decided where one is never above the other, else an atom. */
export function smaller(a: Polynomial, b: Polynomial): Polynomial | undefined {
  const difference = subtract(a, b)
  if (!difference || lowest(a) < 0 || lowest(b) < 0) return undefined
  if (lowest(difference) >= 0) return b
  if (lowest(scale(difference, -1) ?? difference) >= 0) return a
  return atom(`min(${[format(a), format(b)].sort().join(', ')})`)
}

/** Takes apart an atom `min(a, b)`. */
export function minAtom(text: string): readonly [Polynomial, Polynomial] | undefined {
  if (!text.startsWith('min(') || !text.endsWith(')')) return undefined
  const [a, b] = splitArguments(text.slice(4, -1)).map(parse)
  return a && b && [a, b]
}

/** Splits at the comma that stands outside of parentheses and quotes. */
function splitArguments(text: string): readonly string[] {
  let depth = 0
  let quoted = false
  for (const [at, letter] of [...text].entries()) {
    if (letter === '"') quoted = !quoted
    else if (!quoted && (letter === '(' || letter === ')')) depth += letter === '(' ? 1 : -1
    else if (!quoted && depth === 0 && letter === ',') return [text.slice(0, at), text.slice(at + 1).trim()]
  }
  return []
}

/** The least value it can take given that atoms are at least zero; -Infinity when unknown. */
export function lowest(p: Polynomial): number {
  if (p.some(term => term.atoms.length > 0 && term.coefficient < 0)) return -Infinity
  return p.find(term => term.atoms.length === 0)?.coefficient ?? 0
}

/** Text of a polynomial: `2*batch + s - 1`; names that are not plain are quoted. */
export function format(p: Polynomial): string {
  if (p.length === 0) return '0'
  return p.map((term, at) => termText(term, at === 0)).join('')
}

function sumText(p: Polynomial): string {
  const single = p.length === 1 && p[0]?.coefficient === 1 && p[0].atoms.length === 1
  return single ? format(p) : `(${format(p)})`
}

function termText({ coefficient, atoms }: Term, first: boolean): string {
  const sign = first ? (coefficient < 0 ? '-' : '') : coefficient < 0 ? ' - ' : ' + '
  const size = Math.abs(coefficient)
  const factors = atoms.map(name => (isPlain(name) || floorAtom(name) || minAtom(name) ? name : `"${name}"`))
  if (size !== 1 || atoms.length === 0) factors.unshift(String(size))
  return sign + factors.join('*')
}

const plainName = /^[A-Za-z_?][\w.:]*$/
const isPlain = (name: string): boolean => plainName.test(name)

/**
 * Reads a dimension label: sums, products and floor quotients of names (`past + sequence`, `2*s25`, `(s25//2)`, `h / 8`).
 * Undefined when it is no such expression; a minus counts as one only between spaces, since names contain hyphens.
 */
export function parse(text: string): Polynomial | undefined {
  const tokens = text.match(/"[^"]*"|\*\*|\/\/| - |[A-Za-z_?][\w.:]*|\d+|[-+*/(),]|\s+|./g) ?? []
  const reader = new ExpressionReader(tokens.filter(token => token === ' - ' || token.trim() !== ''))
  return text.length > 2000 ? undefined : reader.all()
}

class ExpressionReader {
  readonly #tokens: readonly string[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  all(): Polynomial | undefined {
    const sum = this.#sum()
    return this.#at === this.#tokens.length ? sum : undefined
  }

  #take(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined || !wanted.includes(token)) return undefined
    this.#at++
    return token
  }

  #sum(): Polynomial | undefined {
    let sum = this.#take('-') ? scale(this.#product() ?? [], -1) : this.#product()
    for (let sign = this.#take('+', ' - '); sum && sign; sign = this.#take('+', ' - ')) {
      const next = this.#product()
      sum = next && (sign === '+' ? add(sum, next) : subtract(sum, next))
    }
    return sum
  }

  #product(): Polynomial | undefined {
    let product = this.#factor()
    for (let sign = this.#take('*', '//', '/'); product && sign; sign = this.#take('*', '//', '/')) {
      const next = this.#factor()
      if (!next) return undefined
      const divisor = constantOf(next)
      if (sign === '*') product = multiply(product, next)
      else product = divisor === undefined ? undefined : divideFloor(product, divisor)
    }
    return product
  }

  #factor(): Polynomial | undefined {
    const base = this.#single()
    if (!base || !this.#take('**')) return base
    const exponent = Number(this.#tokens[this.#at++])
    if (!(exponent >= 1 && exponent <= maxAtoms)) return undefined
    let power: Polynomial | undefined = base
    for (let n = 1; power && n < exponent; n++) power = multiply(power, base)
    return power
  }

  #smaller(): Polynomial | undefined {
    if (this.#depth++ > maxDepth) return undefined
    const a = this.#sum()
    const b = this.#take(',') ? this.#sum() : undefined
    return a && b && this.#take(')') ? smaller(a, b) : undefined
  }

  #single(): Polynomial | undefined {
    if (this.#take('(')) {
      const sum = this.#depth++ < maxDepth ? this.#sum() : undefined
      return this.#take(')') ? sum : undefined
    }
    const token = this.#tokens[this.#at++] ?? ''
    if (token === 'min' && this.#take('(')) return this.#smaller()
    if (/^\d+$/.test(token)) return Number.isSafeInteger(Number(token)) ? constant(Number(token)) : undefined
    if (isPlain(token)) return atom(token)
    return token.length > 2 && token.startsWith('"') ? atom(token.slice(1, -1)) : undefined
  }
}
