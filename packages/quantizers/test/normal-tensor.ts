// Weights of tests: normal numbers, the same for the same seed.
import { elementCount, memoryTensor, type Tensor } from '@damson/graph'
import { seededNormal } from '@damson/testing'

/** A float32 tensor of normal numbers with the deviation `sigma`. */
export function normalTensor(seed: number, shape: readonly number[], sigma?: number): Tensor {
  return memoryTensor('float32', shape, seededNormal(seed, elementCount(shape), sigma))
}
