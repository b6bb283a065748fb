// What changes in a saved folder after the fact: the measured price goes into the record of what was measured, and small
// files that tell of all variants (config.json of a transformers.js folder) are written anew when a variant is added. The
// records are kept true, so that a change from outside is still noticed.
import { DamsonError, openFolder, openSink, type SourceFolder } from '@damson/graph'
import { hashOf, readText, textHash, writeText } from './files.ts'
import { formatSaved, parseSaved, type Saved } from './saved.ts'

type Fields = Omit<Saved, 'checksum' | 'damson'>

/**
 * Notes a price (plain JSON) in the record of a saved model. `folder`: a path (Node) or directory handle; `record`: the
 * record's file in it. Throws `missing-file`, and what reading a record throws.
 */
export async function recordPrice(
  folder: string | FileSystemDirectoryHandle,
  record: string,
  price: Readonly<Record<string, unknown>>,
): Promise<void> {
  const fields = await readFields(openFolder(folder), record)
  await writeTexts(folder, new Map([[record, await formatSaved({ ...fields, price }, textHash)]]))
}

/**
 * Writes small text files of a saved folder anew, by path, together with every record that lists them: all or nothing. A
 * record that cannot be read, or whose hash of such a file was already wrong, stays as it is: whoever loads it is told.
 */
export async function amendFolder(
  folder: string | FileSystemDirectoryHandle,
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  const opened = openFolder(folder)
  const written = new Map(texts)
  for (const record of (await opened.list()).filter(isRecord)) {
    const fields = await readFields(opened, record).catch(unlessDamson)
    if (!fields) continue
    const files = { ...fields.files }
    for (const [path, text] of texts) {
      const listed = files[path]
      if (listed !== undefined && (await hashOf(opened, path)) === listed.sha256) {
        const bytes = new TextEncoder().encode(text)
        files[path] = { bytes: bytes.length, sha256: await textHash(bytes) }
      }
    }
    if (JSON.stringify(files) !== JSON.stringify(fields.files))
      written.set(record, await formatSaved({ ...fields, files }, textHash))
  }
  await writeTexts(folder, written)
}

function unlessDamson(error: unknown): undefined {
  if (!DamsonError.isInstance(error)) throw error
}

/** True for the name of a record at the top of a folder: `damson.json`, `damson.q4.json`. */
export function isRecord(path: string): boolean {
  return /^damson(\.[^/]+)?\.json$/.test(path)
}

async function readFields(folder: SourceFolder, record: string): Promise<Fields> {
  const source = await folder.open(record)
  if (!source) {
    throw new DamsonError(
      'missing-file',
      `Expected the record "${record}" beside the model, but it is not there.`,
    )
  }
  const {
    checksum: _checksum,
    damson: _version,
    ...fields
  } = await parseSaved(await readText(source), record, textHash)
  await source.close?.()
  return fields
}

async function writeTexts(
  folder: string | FileSystemDirectoryHandle,
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  const sink = openSink(folder)
  try {
    for (const [path, text] of texts) await writeText(sink, path, text)
    await sink.commit()
  } catch (error) {
    await sink.abort()
    throw error
  }
}
