// Most of what is written of a model whose graph alone changed is what was read: its data files. Those go along as they
// are, which a system copies several times faster than bytes that are read and written, and their tensors keep their places.
import type { Source } from '../storage.ts'
import type { Tensor } from '../tensor.ts'
import { SourceTensor } from '../tensors/source-tensor.ts'

/** Data files of which the graph still uses all but a fiftieth go along as they are, under the model's name. */
export interface KeptData {
  /** Data files that tensors of the graph were read from. */
  readonly keep: readonly Source[]
  /** Where all other tensors go: `auto` (default), or out of the model file as `ExternalOptions` has it. */
  readonly others?: 'auto' | 'external'
}

/** Padding and a few weights that are gone may stay in a file; what is more than that is worth the time of writing it anew. */
const unusedShare = 1 / 50

/** Those of the files that the tensors use nearly whole. */
export function stillUsed(tensors: readonly Tensor[], files: readonly Source[]): readonly Source[] {
  const used = new Map<string, Map<number, number>>()
  for (const tensor of tensors) {
    if (!(tensor instanceof SourceTensor)) continue
    const regions = used.get(tensor.source.key) ?? new Map<number, number>()
    used.set(tensor.source.key, regions.set(tensor.offset, tensor.byteLength))
  }
  return files.filter(({ key, size }) => {
    const bytes = [...(used.get(key)?.values() ?? [])].reduce((sum, length) => sum + length, 0)
    return size > 0 && bytes >= size * (1 - unusedShare)
  })
}
