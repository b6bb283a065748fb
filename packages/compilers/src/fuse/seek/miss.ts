// Why something is no attention: how far recognition came, what stood in its way, and where.

export interface Miss {
  /** The further, the nearer it was to one: 1 Softmax, 2 scores, 3 masks, 4 heads, 5 values and output, 6 operator. */
  readonly progress: number
  readonly reason: string
  /** Name of a value or node. */
  readonly at: string
}

export function miss(progress: number, reason: string, at: string): Miss {
  return { progress, reason, at }
}

export function isMiss(value: object): value is Miss {
  return 'progress' in value && 'reason' in value
}
