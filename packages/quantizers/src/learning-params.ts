// The parameters of everything that learns codes from samples, beside those of the blocks.
import { int, quantity } from '@damson/core'

/** How many samples are looked at, and in how much memory. */
export const learningParams = {
  /** Samples that are looked at, the first ones. */
  sampleCount: int({ min: 1, max: 100000, default: 64, doc: 'Samples that are looked at, the first ones.' }),
  /** Bytes for XᵀX. auto: one shared input at a time, each on all weights before it coded; more room, fewer passes. */
  memory: quantity({
    units: ['bytes'],
    or: ['auto'],
    default: 'auto',
    doc: 'Bytes for XᵀX. auto: one shared input at a time; more room, fewer passes over the samples.',
  }),
}
