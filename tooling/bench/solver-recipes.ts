// What is compared: each solver with blocks of 32, and as it is shipped where that is another block. Embeddings and
// convolutions stay in floating point, so that all code the same weights.
import { smash, type Model, type SmashOptions, type Step } from '@damson/core'
import { awq, gptq, hqq, scaleEstimation, weightOnly } from 'damson'
import { allottedAs } from './same-bytes.ts'

export interface Recipe {
  /** As a user writes it on the command line, but for `embeddings=false`, which all have. */
  readonly name: string
  readonly make: (model: Model, options: SmashOptions) => Promise<Model>
  /** Learns from samples, so that draws of them count. */
  readonly learns: boolean
}

const same = { embeddings: false } as const
const block = { ...same, blockSize: 32 } as const
const makes =
  (step: Step): Recipe['make'] =>
  (model, options) =>
    smash(model, [step], options)
const free = (name: string, step: Step): Recipe => ({ name, make: makes(step), learns: false })
const learnt = (name: string, step: Step): Recipe => ({ name, make: makes(step), learns: true })
const q4 = makes(weightOnly({ ...block, symmetric: true }))

/** transformers.js' q4, against which the others are held. */
export const reference = 'weight-only:symmetric=true'

/** Embeddings and convolutions are coded too here: what that saves goes into more bits for the rest. */
export const allotted = 'auto-bits, tables and convolutions too'

export const recipes: readonly Recipe[] = [
  { name: reference, make: q4, learns: false },
  free('weight-only', weightOnly(block)),
  learnt('gptq:blockSize=32', gptq(block)),
  learnt('gptq:blockSize=32,sweeps=3,inherited=0.5', gptq({ ...block, sweeps: 3, inherited: 0.5 })),
  free('weight-only:search=mse', weightOnly({ ...block, search: 'mse' })),
  free('weight-only:search=kquant', weightOnly({ ...block, search: 'kquant' })),
  free('hqq:blockSize=32', hqq(block)),
  free('hqq:blockSize=32,zeroPoint=float', hqq({ ...block, zeroPoint: 'float' })),
  learnt('scale-estimation', scaleEstimation(block)),
  learnt('awq:blockSize=32', awq(block)),
  free('hqq', hqq(same)),
  learnt('gptq', gptq(same)),
  learnt('awq', awq(same)),
  {
    name: allotted,
    make: async (model, options) => allottedAs(await q4(model, options), model, options),
    learns: true,
  },
  free('weight-only:bits=2', weightOnly({ ...block, bits: 2 })),
  learnt('gptq:bits=2,blockSize=32', gptq({ ...block, bits: 2 })),
]
