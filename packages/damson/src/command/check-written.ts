// What is written does not count before it was loaded and run: by ONNX Runtime, from its own file, in a process of its own,
// so that neither memory nor a crash of it is this process's. What fails leaves nothing in place.
import { DamsonError, withNeutral, type Feeds, type Model, type Part } from '@damson/core'
import { sourceOfGraph } from '@damson/graph'
import type { WrittenFile } from '../compare/job.ts'
import type { Terminal } from './terminal.ts'

/** The check of a save of `model`: on the first sample that nothing was fitted on, else on a made-up one. Throws `unverified`. */
export function checkWritten(
  model: Model,
  heldOut: ReadonlyMap<string, readonly Feeds[]>,
  { out, dim }: { readonly out: string; readonly dim?: Readonly<Record<string, number>> },
  { signal }: Terminal,
): (written: readonly Part[]) => Promise<void> {
  return async written => {
    const { feedsFor } = await import('@damson/runtime')
    const { runJob } = await import('../compare/compare-models.node.ts')
    const files = written.map(({ name, graph }): WrittenFile => {
      const feeds = heldOut.get(name)?.[0] ?? feedsFor(graph, dim ? { dims: dim } : {})
      return { part: name, path: sourceOfGraph(graph)?.path ?? '', feeds: withNeutral(model, name, feeds) }
    })
    if (files.length === 0) return
    try {
      await runJob({ kind: 'check', written: files }, signal)
    } catch (cause) {
      if (signal.aborted || !DamsonError.isInstance(cause, 'compare')) throw cause
      const why = cause.message.replace(/^The model does not load or run: /, '')
      throw new DamsonError('unverified', `"${out}" is not written: ${why}`, { cause })
    }
  }
}
