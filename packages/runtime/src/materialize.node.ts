// Graphs in the form that onnxruntime-node opens with the least memory: an unchanged file by its own path, a small graph as
// bytes, a large one from a private temporary folder with its weights as external data, which ONNX Runtime reads or maps.
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { fileSource, sourceOfGraph, writeGraph, type Graph, type Sink } from '@damson/graph'
import type { Materialized, Platform } from './platform.ts'
import { graphBytes, weightBytes } from './session/graph-bytes.ts'
import { temporaryFolder } from './temporary.node.ts'

const smallBytes = 8 * 2 ** 20
const nothing = async (): Promise<void> => {}

export const materialize: Platform['materialize'] = async (graph, { reopens, signal }) => {
  const path = await unchangedFile(graph)
  if (path !== undefined) return { source: { kind: 'file', path }, opened: nothing, dispose: nothing }
  if (weightBytes(graph) <= smallBytes) {
    return { source: await graphBytes(graph, signal), opened: nothing, dispose: nothing }
  }
  return writeTemporary(graph, reopens, signal)
}

/** The file that a graph was read from, unless the graph or the file has changed since. */
async function unchangedFile(graph: Graph): Promise<string | undefined> {
  const source = sourceOfGraph(graph)
  if (source?.path === undefined) return undefined
  const now = await fileSource(source.path).catch(() => undefined)
  await now?.close?.()
  return now?.key === source.key ? source.path : undefined
}

async function writeTemporary(
  graph: Graph,
  reopens: boolean,
  signal: AbortSignal | undefined,
): Promise<Materialized> {
  const folder = await temporaryFolder()
  try {
    await writeGraph(graph, folderSink(folder.path), 'model.onnx', {
      external: {},
      ...(signal ? { signal } : {}),
    })
  } catch (error) {
    await folder.remove()
    throw error
  }
  return {
    source: { kind: 'file', path: join(folder.path, 'model.onnx') },
    // An open session has read the files or keeps them mapped, so they can go; Windows refuses, and they go later.
    opened: async () => (reopens ? undefined : folder.remove().catch(() => {})),
    dispose: folder.remove,
  }
}

/** Files straight into a private folder: nobody sees it before it is complete, so there is nothing to commit. */
function folderSink(path: string): Sink {
  return {
    name: path,
    async create(name) {
      const file = await open(join(path, name), 'wx+', 0o600)
      return {
        path: name,
        reserve: size => file.truncate(size),
        async write(offset, bytes) {
          await file.write(bytes, 0, bytes.length, offset)
        },
        async read(offset, into) {
          await file.read(into, 0, into.length, offset)
        },
        close: () => file.close(),
      }
    },
    commit: nothing,
    abort: nothing,
  }
}
