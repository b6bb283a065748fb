// One kernel for all weights of a step: a kernel is one memory that grows to the largest weight and codes one after another.
// Work that is worth it goes to threads, each with a kernel of its own.
import { DamsonError, type Tensor } from '@damson/graph'
import { createKernel, type Kernel } from '@damson/numerics'
import { createThreadPool, type PoolThread } from './thread-pool.ts'

/** Gives out its kernel, or its threads, to one of those who wait for them at a time. */
export interface Coder {
  use<T>(work: (kernel: Kernel) => Promise<T>): Promise<T>
  /** The same with threads; where there can be none, `otherwise` has the kernel. */
  useThreads<T>(
    work: (threads: readonly PoolThread[]) => Promise<T>,
    otherwise: (kernel: Kernel) => Promise<T>,
  ): Promise<T>
}

/** A coder whose kernel and threads are made when they are first needed. `onFallback` hears when one of them cannot be. */
export function createCoder(onFallback: (reason: string) => void): Coder {
  const pool = createThreadPool(onFallback)
  let kernel: Kernel | undefined
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work)
    last = next.catch(() => {})
    return next
  }
  const own = (): Kernel => (kernel ??= createKernel({ onFallback }))
  return {
    use: work => inTurn(() => work(own())),
    useThreads: (work, otherwise) =>
      inTurn(async () => {
        const threads = await pool.take()
        try {
          return await (threads.length > 0 ? work(threads) : otherwise(own()))
        } finally {
          pool.release()
        }
      }),
  }
}

/** The error of a weight whose numbers cannot be coded. */
export function unsoundWeight(weight: Tensor, found: string): DamsonError {
  return new DamsonError(
    'unsound-weight',
    `Expected finite numbers in a weight [${weight.shape.join()}], but ${found}. Exclude this weight, or repair the model.`,
  )
}
