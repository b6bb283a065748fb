// A model may be saved over one that had ports, whose twin without them still lies there: beside the new graph it would be
// taken for the new one's twin, and read its weights. It goes with the graph whose twin it was. Only what the record that is
// written over lists, with the hash that it lists, is known to be that; anything else stays, and a warning says so.
import { DamsonError, type SourceFolder } from '@damson/graph'
import { hashOf, readText, textHash } from './files.ts'
import { twinPath } from './layout.ts'
import type { OnEvent } from './events.ts'
import type { Model } from './model.ts'
import { parseSaved, type SavedFile } from './saved.ts'

/** What lies where a model is saved: the folder, its files by the identity of their content, and the record that is replaced. */
export interface Ground {
  readonly folder: SourceFolder
  readonly present: ReadonlyMap<string, string>
  readonly record: string
}

/** The twins of earlier graphs at `paths`, where parts of `model` were written; twins that were written anew are none. */
export async function staleTwins(
  model: Model,
  paths: readonly string[],
  written: ReadonlyMap<string, SavedFile>,
  { folder, present, record }: Ground,
  onEvent?: OnEvent,
): Promise<readonly string[]> {
  const there = paths.map(twinPath).filter(twin => present.has(twin) && !written.has(twin))
  if (there.length === 0) return []
  const listed = await listedFiles(folder, record)
  const sources = new Set(
    [...[...model.parts.values()].flatMap(({ file }) => [...(file?.files.values() ?? [])]), ...model.files.values()] // prettier-ignore
      .map(({ key }) => key),
  )
  const stale: string[] = []
  for (const twin of there) {
    const isOurs = listed[twin] !== undefined && listed[twin].sha256 === (await hashOf(folder, twin))
    if (isOurs && !sources.has(present.get(twin) ?? '')) stale.push(twin)
    else {
      const message = `"${twin}" lies beside "${twin.replace('.ungated', '')}" and is not its twin. It stays, since it is not a file that damson wrote there, or the model is read from it: remove it if nobody needs it.`
      onEvent?.({ type: 'warning', step: 'save', code: 'stale-twin', message })
    }
  }
  return stale
}

/** What a record lists; nothing where there is none, or none that can be read. */
async function listedFiles(
  folder: SourceFolder,
  record: string,
): Promise<Readonly<Record<string, SavedFile>>> {
  const source = await folder.open(record)
  if (!source) return {}
  try {
    return (await parseSaved(await readText(source), record, textHash)).files
  } catch (error) {
    if (DamsonError.isInstance(error)) return {}
    throw error
  } finally {
    await source.close?.()
  }
}
