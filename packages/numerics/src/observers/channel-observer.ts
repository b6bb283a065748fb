// Ranges by channel: what per-channel scales are made of, and what activation-aware methods weigh channels by.
import { NumericsError, requireInteger } from '../error.ts'

export interface ChannelRanges {
  /** [channels] each; over finite values. */
  readonly min: Float32Array<ArrayBuffer>
  readonly max: Float32Array<ArrayBuffer>
  /** max(|min|, |max|); 0 for a channel without a finite value. What activation-aware scaling weighs channels by. */
  readonly absMax: Float32Array<ArrayBuffer>
  readonly nonFinite: number
}

export interface ChannelObserver {
  /** Takes a tensor into account, whose channels lie along `axis` (may be negative); other sizes may differ from call to call. */
  observe(values: Float32Array, shape: readonly number[], axis: number): void
  result(): ChannelRanges
}

/** The range of each of `channels` channels. */
export function createChannelObserver(channels: number): ChannelObserver {
  requireInteger('channels', channels, 1)
  const min = new Float32Array(channels).fill(Infinity)
  const max = new Float32Array(channels).fill(-Infinity)
  let nonFinite = 0
  return {
    observe: (values, shape, axis) => {
      const inner = innerSize(values, shape, axis, channels)
      for (let i = 0, at = 0; at < values.length; i = i + 1 === channels ? 0 : i + 1) {
        let low = min[i] ?? Infinity
        let high = max[i] ?? -Infinity
        for (const end = at + inner; at < end; at++) {
          const v = values[at] ?? 0
          if (v - v !== 0) nonFinite++
          else {
            if (v < low) low = v
            if (v > high) high = v
          }
        }
        min[i] = low
        max[i] = high
      }
    },
    result: () => ({
      min: min.slice(),
      max: max.slice(),
      absMax: min.map((low, i) => (low === Infinity ? 0 : Math.max(Math.abs(low), Math.abs(max[i] ?? 0)))),
      nonFinite,
    }),
  }
}

/** Values from one channel's to the next one's first. */
function innerSize(values: Float32Array, shape: readonly number[], axis: number, channels: number): number {
  const at = axis < 0 ? axis + shape.length : axis
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)
  if (shape[at] !== channels || product(shape) !== values.length) {
    throw new NumericsError(
      'numerics/argument',
      `expected ${values.length} values with ${channels} channels along axis ${axis}, got shape [${shape.join(', ')}]`,
    )
  }
  return product(shape.slice(at + 1))
}
