// Most of what is written of a model whose graph alone changed is what was read: its data file, tensor for tensor at the same
// places. Such a file is copied by the system, which is twice as fast as reading and writing it.
import type { Source } from '../storage.ts'
import { SourceTensor } from '../tensors/source-tensor.ts'
import type { PlannedFile } from './plan.ts'

/** The file of this machine that a planned file equals byte for byte; undefined where there is none. */
export async function sameFile({ parts, size }: PlannedFile): Promise<Source | undefined> {
  const [source] = parts.flatMap(part =>
    'tensor' in part && part.tensor instanceof SourceTensor ? [part.tensor.source] : [],
  )
  if (!source || source.path === undefined || source.size !== size) return undefined
  for (const part of parts) {
    if ('bytes' in part) {
      const there = new Uint8Array(part.bytes.length)
      await source.read(part.offset, there)
      if (!there.every((byte, at) => byte === part.bytes[at])) return undefined
    } else if (!(part.tensor instanceof SourceTensor)) return undefined
    else if (part.tensor.source.key !== source.key || part.tensor.offset !== part.offset) return undefined
  }
  return source
}
