// One error type for all packages, recognised by a brand instead of `instanceof`, since two copies of damson may meet.

const brand: unique symbol = Symbol.for('damson.error')

/** An error with a stable `code` and a message that says what was expected, what came and what to do. */
export class DamsonError extends Error {
  readonly [brand] = true
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    options: { readonly cause?: unknown; readonly details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'DamsonError'
    this.code = code
    this.details = options.details ?? {}
  }

  /** True for a DamsonError of any copy of the package; with a code, of that code only. */
  static isInstance(value: unknown, code?: string): value is DamsonError {
    return (
      typeof value === 'object' &&
      value !== null &&
      brand in value &&
      (code === undefined || ('code' in value && value.code === code))
    )
  }
}

/** Why something does not apply, and where: data, never thrown. */
export interface Refusal {
  readonly refused: string
  /** Name of the node, weight or value that is the reason. */
  readonly at?: string
}

/** A refusal: `refuse('bias is not 1-D', bias)`. */
export function refuse(reason: string, at?: string | { readonly name: string }): Refusal {
  if (at === undefined) return { refused: reason }
  return { refused: reason, at: typeof at === 'string' ? at : at.name }
}

/** True for a refusal. */
export function isRefusal(value: unknown): value is Refusal {
  return (
    typeof value === 'object' && value !== null && 'refused' in value && typeof value.refused === 'string'
  )
}
