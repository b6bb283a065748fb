// numerics imports nothing, so it has its own small error class; it carries the brand by which all of damson's errors are known.

const brand: unique symbol = Symbol.for('damson.error')

/** A wrong argument or a wrong order of calls. `code` is stable; the message says what was expected, what came, what to do. */
export class NumericsError extends Error {
  readonly [brand] = true
  readonly code: string
  readonly details: Readonly<Record<string, unknown>> = {}

  constructor(code: string, message: string) {
    super(message)
    this.name = 'NumericsError'
    this.code = code
  }
}

/** Throws `numerics/argument` unless `value` is an integer from `low` to `high`. */
export function requireInteger(
  name: string,
  value: number,
  low: number,
  high: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isInteger(value) && value >= low && value <= high) return
  throw new NumericsError(
    'numerics/argument',
    `${name}: expected an integer from ${low} to ${high}, got ${value}`,
  )
}

/** Throws `numerics/length` unless an array has the length that the other arguments imply. */
export function requireLength(name: string, array: { readonly length: number }, length: number): void {
  if (array.length === length) return
  throw new NumericsError('numerics/length', `${name}: expected ${length} elements, got ${array.length}`)
}
