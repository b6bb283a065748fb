// Sizes as text: `past + 2*sequence`. Beside plain names an atom may be a floor quotient `((s + 1)//2)` of sizes by an
// integer, or the smaller of two, `min(s, 128)`. The text is canonical: equal text means equal value.
import {
  add, atom, constant, constantOf, floorCoefficients, lowest, maxAtoms, multiply, scale, subtract, type Polynomial, type Term,
} from './polynomial.ts' // prettier-ignore

/** Parentheses inside each other; more is no honest label. */
const maxDepth = 32

/**
 * ⌊p / n⌋ for an integer n > 0: what n divides leaves the quotient (⌊(nA + B)/n⌋ = A + ⌊B/n⌋), the rest has coefficients
 * in [0, n), and ⌊(⌊B/m⌋ + c)/n⌋ = ⌊(B + cm)/(mn)⌋.
 */
export function divideFloor(p: Polynomial, n: number): Polynomial | undefined {
  if (!Number.isSafeInteger(n) || n <= 0) return undefined
  if (n === 1) return p
  const whole = floorCoefficients(p, n)
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
