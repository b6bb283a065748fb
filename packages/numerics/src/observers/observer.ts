// An observer looks at arrays one after another and keeps a summary of fixed size. It never keeps or changes an array.

export interface Observer<R> {
  /** Takes an array into account. */
  observe(values: Float32Array): void
  /** The summary of what was observed so far; a copy. */
  result(): R
}

export interface Range {
  /** Infinity and -Infinity as long as no finite value was seen. */
  readonly min: number
  readonly max: number
  /** Finite values seen; the others are counted apart and change nothing else. */
  readonly count: number
  readonly nonFinite: number
}
