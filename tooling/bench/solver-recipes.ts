// What is compared: each solver with blocks of 32, and as it is shipped where that is another block. Embeddings and
// convolutions stay in floating point, so that all code the same weights.
import type { Step } from '@damson/core'
import { awq, gptq, hqq, scaleEstimation, weightOnly } from 'damson'

export interface Recipe {
  /** As a user writes it on the command line, but for `embeddings=false`, which all have. */
  readonly name: string
  readonly step: Step
  /** Learns from samples, so that draws of them count. */
  readonly learns: boolean
}

const same = { embeddings: false } as const
const block = { ...same, blockSize: 32 } as const
const free = (name: string, step: Step): Recipe => ({ name, step, learns: false })
const learnt = (name: string, step: Step): Recipe => ({ name, step, learns: true })

/** transformers.js' q4, against which the others are held. */
export const reference = 'weight-only:symmetric=true'

export const recipes: readonly Recipe[] = [
  free(reference, weightOnly({ ...block, symmetric: true })),
  free('weight-only', weightOnly(block)),
  learnt('gptq:blockSize=32', gptq(block)),
  free('weight-only:search=mse', weightOnly({ ...block, search: 'mse' })),
  free('weight-only:search=kquant', weightOnly({ ...block, search: 'kquant' })),
  free('hqq:blockSize=32', hqq(block)),
  free('hqq:blockSize=32,zeroPoint=float', hqq({ ...block, zeroPoint: 'float' })),
  learnt('scale-estimation', scaleEstimation(block)),
  learnt('awq:blockSize=32', awq(block)),
  free('hqq', hqq(same)),
  learnt('gptq', gptq(same)),
  learnt('awq', awq(same)),
  free('weight-only:bits=2', weightOnly({ ...block, bits: 2 })),
  learnt('gptq:bits=2,blockSize=32', gptq({ ...block, bits: 2 })),
]
