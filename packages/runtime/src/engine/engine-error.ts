// Errors on an engine's own side. It does not import the graph package, whose loading would be most of the time that a worker
// or child process takes to start; the near side makes DamsonErrors of these.

/** A DamsonError to be. */
export class EngineError extends Error {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    options: { readonly cause?: unknown; readonly details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }
}
