// The graph that really runs: ONNX Runtime writes what its optimizer made of a model when it opens it, and it is read back.
import type { SessionOptions } from '@damson/core'
import { fileSource, readGraph, type Graph } from '@damson/graph'
import type { Platform } from '../platform.ts'
import type { SessionPool } from './sessions.ts'

interface Means {
  readonly pool: SessionPool
  readonly platform: Platform
}

/** The optimized graph, held in memory; undefined where ONNX Runtime cannot write files. Throws when the model does not open. */
export async function optimizedGraph(
  { pool, platform }: Means,
  graph: Graph,
  session: SessionOptions,
  signal: AbortSignal | undefined,
): Promise<Graph | undefined> {
  const folder = await platform.openFolder?.()
  if (!folder) return undefined
  const path = `${folder.path}/optimized.onnx`
  try {
    const opened = await pool.acquire(graph, withPath(session, path), signal)
    await opened.release()
    const source = await fileSource(path)
    try {
      return await readGraph(source, signal ? { signal } : {})
    } finally {
      await source.close?.()
    }
  } finally {
    await folder.remove()
  }
}

/** An option of ONNX Runtime that is no business of those who choose session options. */
function withPath(session: SessionOptions, path: string): SessionOptions {
  const options: SessionOptions & { readonly optimizedModelFilePath: string } = {
    ...session,
    optimizedModelFilePath: path,
  }
  return options
}
