// Arrays in NumPy's .npz format: a zip of .npy files. The zip is in memory as it is; each array is inflated when it is
// asked for.
import { DamsonError } from '@damson/graph'
import { unzipSync, type UnzipFileInfo } from 'fflate'
import { readNpy } from './npy.ts'
import type { ArrayFile } from './safetensors.ts'

/** One array inflated: what a typed array of the runtime can hold. */
const largestArray = 2 ** 31
/** Deflate makes nothing smaller than 1/1032, so a larger claim is a lie, and would cost memory to find out. */
const largestRatio = 1032

/** Opens the bytes of a .npz file. Throws `invalid-npz`; reading an array throws what `readNpy` throws. */
export function openNpz(bytes: Uint8Array, file = '<bytes>'): ArrayFile {
  const infos = new Map<string, UnzipFileInfo>()
  unzipped(bytes, file, info => {
    if (info.name.endsWith('.npy')) infos.set(info.name.slice(0, -'.npy'.length), info)
    return false
  })
  return {
    names: [...infos.keys()],
    read: async name => {
      const info = infos.get(name)
      if (!info) throw invalid(file, `an array "${name}"`, 'none of that name')
      const most = Math.min(largestArray, Math.min(info.size, bytes.length) * largestRatio)
      if (info.originalSize > most)
        throw invalid(file, `at most ${most} bytes in "${name}"`, `${info.originalSize}`)
      const found = unzipped(bytes, file, other => other.name === info.name)[info.name]
      if (found?.length !== info.originalSize)
        throw invalid(file, `${info.originalSize} bytes in "${name}"`, `${found?.length ?? 0}`)
      return readNpy(found)
    },
  }
}

function unzipped(
  bytes: Uint8Array,
  file: string,
  filter: (info: UnzipFileInfo) => boolean,
): Readonly<Record<string, Uint8Array>> {
  try {
    return unzipSync(bytes, { filter })
  } catch (cause) {
    throw invalid(file, 'a zip of .npy files', String(cause))
  }
}

function invalid(file: string, expected: string, got: string): DamsonError {
  return new DamsonError('invalid-npz', `"${file}" is no .npz file: expected ${expected}, got ${got}.`)
}
