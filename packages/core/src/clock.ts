// The one clock of core: `ctx.now` of algorithms that declare `measures`.

/** Milliseconds from some start; only differences mean anything. */
export function now(): number {
  return performance.now()
}
