// Samples may have to be recorded first, which takes as long as running the model: with a bar, and until Ctrl-C.
import type { Feeds, Model } from '@damson/core'
import { allSamples } from '../samples/divided-samples.node.ts'
import type { RecordingOptions } from '../samples/recorded-lines.node.ts'
import { pathIn } from './places.ts'
import type { Terminal } from './terminal.ts'

/** Opens samples while a bar shows how far recording them is. */
export async function whileRecording<Result>(
  terminal: Terminal,
  open: (options: RecordingOptions) => Promise<Result>,
): Promise<Result> {
  const bar = await terminal.progress()
  try {
    return await open({
      signal: terminal.signal,
      onRecorded: (done, total) => bar.update('recording samples', done, total),
    })
  } finally {
    bar.stop()
  }
}

/** The feeds of each part that `--samples` gives; undefined without it. Throws `samples`. */
export async function feedsFrom(
  samples: string | undefined,
  model: Model,
  terminal: Terminal,
): Promise<ReadonlyMap<string, readonly Feeds[]> | undefined> {
  if (samples === undefined) return undefined
  const path = pathIn(terminal.cwd, samples)
  return whileRecording(terminal, recording => allSamples(path, model, recording))
}
