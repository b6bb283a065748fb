// A big tensor whose file holds its elements as varints: they have no fixed place, so the first read converts all.
// The result is kept only as long as somebody is reading, so a save over many of them stays in bounds.
import type { DataType } from '../dtype.ts'
import type { ReadOptions, Tensor } from '../tensor.ts'
import { readResident } from './range.ts'

/** A tensor made from a typed field by `convert` when it is read. */
export function convertedTensor(
  form: {
    readonly dtype: DataType
    readonly shape: readonly number[]
    readonly byteLength: number
    readonly key: string
  },
  convert: (signal?: AbortSignal) => Promise<Uint8Array>,
): Tensor {
  let held: WeakRef<Uint8Array> | undefined
  return {
    ...form,
    async read(options: ReadOptions = {}) {
      const bytes = held?.deref() ?? (await convert(options.signal))
      held = new WeakRef(bytes)
      return readResident(bytes, options)
    },
  }
}
