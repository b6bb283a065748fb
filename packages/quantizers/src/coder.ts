// One kernel for all weights of a step: a kernel is one memory that grows to the largest weight and codes one after another.
import { DamsonError, type Tensor } from '@damson/graph'
import { createKernel, type Kernel } from '@damson/numerics'

/** Gives out one kernel at a time to those who wait for it: a kernel is one memory and codes one weight after another. */
export interface Coder {
  use<T>(work: (kernel: Kernel) => Promise<T>): Promise<T>
}

/** A coder whose kernel is made when it is first needed. `onFallback` hears when WASM may not be compiled here. */
export function createCoder(onFallback: (reason: string) => void): Coder {
  let kernel: Kernel | undefined
  let last: Promise<unknown> = Promise.resolve()
  return {
    use(work) {
      const next = last.then(() => work((kernel ??= createKernel({ onFallback }))))
      last = next.catch(() => {})
      return next
    },
  }
}

/** The error of a weight whose numbers cannot be coded. */
export function unsoundWeight(weight: Tensor, found: string): DamsonError {
  return new DamsonError(
    'unsound-weight',
    `Expected finite numbers in a weight [${weight.shape.join()}], but ${found}. Exclude this weight, or repair the model.`,
  )
}
