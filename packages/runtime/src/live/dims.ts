// Sizes for dims that a graph only names. Exporters write expressions: `past_sequence_length + sequence_length`,
// `sample_height / 2`, `2*s25`, `(s25//2)`.
import { DamsonError, type Dim } from '@damson/graph'

/** Gives the size of a name; undefined when it has none. */
export type SizeOf = (name: string) => number | undefined

/**
 * The size of a dim: its number, or the value of its expression over names. Division rounds down. Undefined when a name
 * in it has no size. A whole text that has a size wins over its reading as an expression. Throws `dim` for bad syntax.
 */
export function sizeOfDim(dim: Dim, sizeOf: SizeOf): number | undefined {
  if (typeof dim === 'number') return dim
  if (dim === null) return undefined
  const whole = sizeOf(dim)
  if (whole !== undefined) return whole
  return evaluate(dim, sizeOf)
}

/** The names that an expression is made of. */
export function namesIn(dim: string): readonly string[] {
  return tokens(dim).filter(token => nameStart.test(token))
}

const nameStart = /^[A-Za-z_]/
const token = /\s*(\/\/|[A-Za-z_][\w.:]*|\d+|[-+*/()])/y

function tokens(text: string): readonly string[] {
  const found: string[] = []
  token.lastIndex = 0
  while (token.lastIndex < text.trimEnd().length) {
    const match = token.exec(text)
    if (!match) return [text]
    found.push(match[1] ?? '')
  }
  return found
}

/** Grammar: sum = product (('+'|'-') product)*; product = factor (('*'|'/'|'//') factor)*; factor = name | number | '(' sum ')'. */
function evaluate(text: string, sizeOf: SizeOf): number | undefined {
  const rest = [...tokens(text)]
  if (rest.length === 1) return /^\d+$/.test(text) ? Number(text) : sizeOf(text)
  const factor = (): number => {
    const first = rest.shift()
    if (first === '-') return -factor()
    if (first === '(') {
      const value = sum()
      if (rest.shift() !== ')') throw syntaxError(text)
      return value
    }
    if (first === undefined || /^[-+*/)]/.test(first)) throw syntaxError(text)
    return nameStart.test(first) ? (sizeOf(first) ?? NaN) : Number(first)
  }
  const product = (): number => {
    let value = factor()
    while (rest[0] === '*' || rest[0] === '/' || rest[0] === '//') {
      value = rest.shift() === '*' ? value * factor() : Math.floor(value / factor())
    }
    return value
  }
  const sum = (): number => {
    let value = product()
    while (rest[0] === '+' || rest[0] === '-')
      value = rest.shift() === '+' ? value + product() : value - product()
    return value
  }
  const value = sum()
  if (rest.length > 0) throw syntaxError(text)
  return Number.isNaN(value) ? undefined : value
}

function syntaxError(text: string): DamsonError {
  return new DamsonError(
    'dim',
    `Expected a dim made of names, numbers, + - * / and parentheses, got "${text}". Give it a size by its whole text.`,
  )
}

/** The sizes that feeds give to the names of declared shapes. */
export function boundSizes(
  inputs: readonly { readonly name: string; readonly shape: readonly Dim[] }[],
  shapeOf: (name: string) => readonly number[] | undefined,
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const { name, shape } of inputs) {
    const actual = shapeOf(name)
    shape.forEach((dim, at) => {
      const size = actual?.[at]
      if (typeof dim === 'string' && size !== undefined && !sizes.has(dim)) sizes.set(dim, size)
    })
  }
  return sizes
}
