// The check that an output has to pass before it counts as written: ONNX Runtime opens every part from its file and runs it
// once. Converters write models that do not load; ours are not left in place.
import type { Feeds, Part, Runtime } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { feedsFor } from './feeds/feeds-for.ts'

export interface LoadsAndRunsOptions {
  /** What a part is run on; default: made up from its inputs. */
  readonly feeds?: (part: Part) => Feeds
  readonly signal?: AbortSignal
}

/**
 * For `save(model, to, { check: loadsAndRuns(runtime) })`: opens each part that was written and runs it once. Throws `unrunnable`
 * with the part, ONNX Runtime's words and, where they name one, the node; then nothing is left in place.
 */
export function loadsAndRuns(
  runtime: Runtime,
  { feeds = ({ graph }) => feedsFor(graph), signal }: LoadsAndRunsOptions = {},
): (written: readonly Part[]) => Promise<void> {
  const aborts = signal ? { signal } : {}
  return async written => {
    for (const part of written) {
      try {
        const live = await runtime.open(part.graph, aborts)
        try {
          await live.run('main', feeds(part), aborts)
        } finally {
          await live.close()
        }
      } catch (cause) {
        throw signal?.aborted === true ? cause : unrunnable(part, cause)
      }
    }
  }
}

function unrunnable({ name, path }: Part, cause: unknown): DamsonError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const node = nodeIn(message)
  const where = node === undefined ? '' : ` At the node "${node}".`
  return new DamsonError(
    'unrunnable',
    `"${name}" (${path}) does not load and run as it was written, so nothing is left in place.${where} ${message}`,
    { cause, details: { part: name, ...(node === undefined ? {} : { node }) } },
  )
}

/** ONNX Runtime writes `Node (name) Op (Conv)`, `node name: name`, `Name:'name'` or `In Node, ("name", Conv, …`, as the case may be. */
function nodeIn(message: string): string | undefined {
  const found =
    /\bNode:? ?\(([^)]+)\)|\bName: ?'([^']+)'|\bnode name: ?([^\s,]+)|\bIn Node, \("([^"]+)"/i.exec(message)
  return found?.slice(1).find(name => name !== undefined)
}
