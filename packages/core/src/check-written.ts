// What was written, read back while nobody else can see it: whoever checks an output checks the bytes of the file, not the
// value in memory that they were made from.
import { DamsonError, type Sink } from '@damson/graph'
import { readPart } from './load.ts'
import type { Model, Part } from './model.ts'

/** A sink whose files can be read before they are visible. */
type ReadableSink = Sink & Required<Pick<Sink, 'staged'>>

/** Throws `unreadable-output` for a sink that cannot be read back: before anything is written, since a stream waits for its reader. */
export function readable(sink: Sink): ReadableSink {
  if (isReadable(sink)) return sink
  throw new DamsonError(
    'unreadable-output',
    `Expected a place that can be read back to check what was written, got "${sink.name}". Save to a path or into memory, or without check.`,
  )
}

function isReadable(sink: Sink): sink is ReadableSink {
  return sink.staged !== undefined
}

/** Hands the parts whose files are given to `check`, as they lie in a sink. Roles are those of the model. */
export async function checkWritten(
  model: Model,
  sink: ReadableSink,
  paths: ReadonlyMap<string, string>,
  check: (written: readonly Part[]) => Promise<void>,
): Promise<void> {
  const folder = await sink.staged()
  const written: Part[] = []
  try {
    for (const [name, file] of paths) {
      const { path, role } = model.part(name)
      written.push({ ...(await readPart({ name, file, path }, folder)), role })
    }
    await check(written)
  } finally {
    for (const { file } of written) for (const source of file?.files.values() ?? []) await source.close?.()
  }
}
