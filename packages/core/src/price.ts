// The measured price of a saved model goes into its record after the fact: first the model is written, then it is
// compared, and then the record says what the comparison saw. The rest of the record stays as it is.
import { DamsonError, openFolder, openSink } from '@damson/graph'
import { readText, textHash } from './files.ts'
import { formatSaved, parseSaved } from './saved.ts'

/**
 * Notes a price (plain JSON) in the record of a saved model. `folder`: a path (Node) or directory handle; `record`: the
 * record's file in it. Throws `missing-file`, and what reading a record throws.
 */
export async function recordPrice(
  folder: string | FileSystemDirectoryHandle,
  record: string,
  price: Readonly<Record<string, unknown>>,
): Promise<void> {
  const source = await openFolder(folder).open(record)
  if (!source) {
    throw new DamsonError(
      'missing-file',
      `Expected the record "${record}" beside the model, but it is not there.`,
    )
  }
  const {
    checksum: _checksum,
    damson: _version,
    ...saved
  } = await parseSaved(await readText(source), record, textHash)
  await source.close?.()
  const bytes = new TextEncoder().encode(await formatSaved({ ...saved, price }, textHash))
  const sink = openSink(folder)
  try {
    const file = await sink.create(record)
    await file.reserve(bytes.length)
    await file.write(0, bytes)
    await file.close()
    await sink.commit()
  } catch (error) {
    await sink.abort()
    throw error
  }
}
