// Scales of int8 weights, channel by channel: s = max|w| / 127. Processors without VNNI add pairs of products of uint8 and int8
// in saturating 16 bits; there a channel gets the largest codes for which no pair can overflow: |q₁ + q₂| ≤ 128 for neighbours
// of one sign, since 255 · 128 < 2¹⁵. That is between the 64 of a "reduced range" and the full 127. In a row the pairs are 2j and
// 2j + 1; filters with several places are laid out in more than one way, so there any two neighbours count.
import { elementCount } from '@damson/graph'

/** Largest sum of two codes of one sign that 255 times does not leave 16 bits. */
const pairLimit = 128
const full = 127

export interface Laid {
  readonly shape: readonly number[]
  /** Axis of the channels: 0 or 1. */
  readonly axis: number
}

/** [channels] scales. `pairs`: keep pairs of neighbours from overflowing. A channel of zeros gets 1. */
export function weightScales(weight: Float32Array, { shape, axis }: Laid, pairs: boolean): Float32Array<ArrayBuffer> {
  const scales = new Float32Array(shape[axis] ?? 1)
  for (let channel = 0; channel < scales.length; channel++) {
    const values = channelOf(weight, { shape, axis }, channel)
    const peak = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const sum = pairs ? largestPair(values, spatial(shape, axis)) : 0
    const scale = Math.fround(Math.max(peak / full, sum / (pairLimit - 1)))
    scales[channel] = scale < 2 ** -126 ? 1 : scale
  }
  return scales
} // prettier-ignore

/** The numbers of one channel in the order of the weight. */
export function channelOf(weight: Float32Array, { shape, axis }: Laid, channel: number): Float32Array {
  const channels = shape[axis] ?? 1
  const per = elementCount(shape) / channels
  if (axis === 0) return weight.subarray(channel * per, (channel + 1) * per)
  return Float32Array.from({ length: per }, (_, row) => weight[row * channels + channel] ?? 0)
}

/** Kernel positions of a filter: its channels lie so far apart. */
function spatial(shape: readonly number[], axis: number): number {
  return axis === 0 ? shape.slice(2).reduce((a, b) => a * b, 1) : 1
}

/**
 * The largest sum of two of one sign that meet: in a row, places 2j and 2j + 1; in a filter, neighbours in memory, and (channels
 * last) the same place of the next channel.
 */
function largestPair(values: Float32Array, places: number): number {
  const channels = values.length / places
  let most = 0
  const meet = (a = 0, b = 0): void => {
    if (a * b > 0) most = Math.max(most, Math.abs(a + b))
  }
  for (let at = 0; at < values.length; at += places > 1 ? 1 : 2) {
    meet(values[at], values[at + 1])
    if (places > 1) meet(values[at], at + places < values.length ? values[at + places] : undefined)
  }
  // Channels last: behind the last channel of a place comes the first of the next.
  for (let place = 0; place + 1 < places; place++) meet(values[(channels - 1) * places + place], values[place + 1])
  return most
} // prettier-ignore
