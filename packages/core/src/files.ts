// Copying and hashing whole files, so that carried files and untouched parts cost no memory.
import { createSha256, writeSource, type Sink, type Source, type SourceFolder } from '@damson/graph'
import type { SavedFile } from './saved.ts'

const bandBytes = 4 << 20

/** Where carried files lie that ONNX Runtime opens in place of a part; they belong to the model in every layout. */
export const preparedFolder = 'prepared/'

/** Copies a file into a sink and returns its size and hash. */
export async function copyFile(
  source: Source,
  sink: Sink,
  path: string,
  signal?: AbortSignal,
): Promise<SavedFile> {
  const { bytes, sha256 } = await writeSource(source, sink, path, signal)
  return { bytes, sha256 }
}

/** Size and hash of a file, read through one small buffer. */
export async function hashFile(source: Source, signal?: AbortSignal): Promise<SavedFile> {
  const hash = createSha256()
  const buffer = new Uint8Array(Math.min(bandBytes, source.size))
  for (let offset = 0; offset < source.size; offset += buffer.length) {
    const band = buffer.subarray(0, Math.min(buffer.length, source.size - offset))
    await source.read(offset, band, signal)
    hash.update(band)
  }
  return { bytes: source.size, sha256: hash.digest() }
}

/** SHA-256 of a file of a folder; undefined where it is not there. */
export async function hashOf(folder: SourceFolder, path: string): Promise<string | undefined> {
  const source = await folder.open(path)
  const hash = source && (await hashFile(source))
  await source?.close?.()
  return hash?.sha256
}

/** The whole of a small file as text. */
export async function readText(source: Source): Promise<string> {
  const bytes = new Uint8Array(source.size)
  await source.read(0, bytes)
  return new TextDecoder().decode(bytes)
}

/** Writes a small file and returns its size and hash. */
export async function writeText(sink: Sink, path: string, text: string): Promise<SavedFile> {
  const bytes = new TextEncoder().encode(text)
  const file = await sink.create(path)
  await file.reserve(bytes.length)
  await file.write(0, bytes)
  await file.close()
  return { bytes: bytes.length, sha256: await textHash(bytes) }
}

/** SHA-256 of bytes in memory, as 64 hexadecimal digits. */
export async function textHash(bytes: Uint8Array): Promise<string> {
  const hash = createSha256()
  hash.update(bytes)
  return hash.digest()
}
