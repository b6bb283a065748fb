// The parameters of bits that are chosen weight by weight.
import { bits, int, list, oneOf, quantity } from '@damson/core'
import { choicePattern } from './bit-choices.ts'
import { blockParams } from './block-params.ts'

const { embeddings, convs, accuracyLevel } = blockParams({ blockSize: 32 })

/** The parameters of `autoBits`. */
export const bitParams = {
  /** Bits a weight with scales and zero points; bytes of all constants of its parts; or decibels of the worst output. */
  budget: quantity({
    units: ['bits', 'bytes', 'decibels'],
    default: bits(4.5),
    doc: 'Bits a weight, scales and zero points included; or bytes of all constants of its parts; or dB of SQNR that the worst output of each part keeps.',
  }),
  /** What is made least within the budget. `latency`: the time of products, measured where the fit runs; the budget is a quality then. */
  objective: oneOf({
    options: ['error', 'latency'],
    default: 'error',
    doc: 'What is made least within the budget: error within a size (or bytes within a quality), or latency, the time of single products measured where the fit runs, within a quality.',
  }),
  /** What a weight may become: bits/blockSize, with /symmetric for no zero points; float leaves it as it is. */
  choices: list({
    of: { kind: 'text', pattern: choicePattern },
    default: [
      '2/16',
      '2/32',
      '3/32',
      '3/64',
      '4/16',
      '4/32',
      '4/64',
      '4/128',
      '5/32',
      '5/128',
      '6/64',
      '8/32',
      '8/128',
    ],
    doc: 'What a weight may become: bits/blockSize, with /symmetric for no zero points; float leaves it as it is. 3, 5 and 6 bits are for what no operator reads as codes: convolutions, LSTM, GRU.',
  }),
  /** How codes are found. `auto`: second-order compensation where there are samples, least squared error where not. */
  solver: oneOf({
    options: ['minmax', 'mse', 'kquant', 'hqq', 'gptq'],
    or: ['auto'],
    default: 'auto',
    doc: 'How codes are found: by range, least squared error, k-quant, half-quadratic splitting, or second-order compensation. auto: gptq with samples, mse without.',
  }),
  /** Samples that each weight is tried on, the last ones; what learns learns from those before. */
  sampleCount: int({
    min: 1,
    max: 100000,
    default: 8,
    doc: 'Samples that each weight is tried on: the last ones, at most a quarter; what learns learns from those before.',
  }),
  embeddings,
  convs,
  accuracyLevel,
}

export type BitParams = typeof bitParams
