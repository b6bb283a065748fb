// The graph that really runs: ONNX Runtime writes what its optimizer made of a model when it opens it, and it is read back.
import type { SessionOptions } from '@damson/core'
import { readGraph, type Graph, type Source, type SourceFolder } from '@damson/graph'
import { prepareFiles, type PrepareMeans } from './prepare-files.ts'

/**
 * The optimized graph; its weights are read from files that last as long as the runtime. Undefined where ONNX Runtime cannot
 * write files. Throws when the model does not open.
 */
export async function optimizedGraph(
  means: PrepareMeans,
  graph: Graph,
  session: SessionOptions,
  signal: AbortSignal | undefined,
): Promise<Graph | undefined> {
  const wanted = { session, format: 'onnx', packed: false, ...(signal ? { signal } : {}) } as const
  const files = await prepareFiles(means, graph, 'model', wanted)
  const [[path, source] = []] = files ?? []
  if (!files || path === undefined || !source) return undefined
  return readGraph(source, { folder: folderOf(files), path, ...(signal ? { signal } : {}) })
}

function folderOf(files: ReadonlyMap<string, Source>): SourceFolder {
  return { name: 'optimized', list: async () => [...files.keys()], open: async path => files.get(path) }
}
