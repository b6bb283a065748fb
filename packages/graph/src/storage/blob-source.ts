// Files in a browser: a Blob is read part by part, so a big model is never in memory as a whole.
import { DamsonError } from '../error.ts'
import type { Source } from '../storage.ts'
import { freshIdentity } from './identity.ts'
import { pastEnd } from './source-error.ts'

/** A source over a Blob or File; only the parts asked for are read. */
export function blobSource(
  blob: Blob,
  name = 'name' in blob && typeof blob.name === 'string' ? blob.name : '<blob>',
): Source {
  return {
    name,
    size: blob.size,
    key: freshIdentity('blob'),
    async read(offset, into, signal) {
      signal?.throwIfAborted()
      if (offset + into.length > blob.size) throw pastEnd(name, offset, into.length, blob.size)
      into.set(new Uint8Array(await readPart(blob.slice(offset, offset + into.length), name)))
    },
  }
}

async function readPart(part: Blob, name: string): Promise<ArrayBuffer> {
  try {
    return await part.arrayBuffer()
  } catch (cause) {
    throw new DamsonError(
      'read',
      `${name}: expected a readable file, but the browser refused: it was moved or changed. Choose it again.`,
      {
        cause,
        details: { file: name },
      },
    )
  }
}

/** A source over a file of the browser's file system. */
export async function handleSource(handle: FileSystemFileHandle): Promise<Source> {
  return blobSource(await handle.getFile(), handle.name)
}
