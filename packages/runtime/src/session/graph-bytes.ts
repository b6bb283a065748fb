// A graph as bytes in memory, its large tensors apart: ONNX Runtime then need not hold them twice.
import { memorySink, weights, writeGraph, type Graph } from '@damson/graph'
import type { ModelSource } from '../engine/engine.ts'
import type { Materialized } from '../platform.ts'

/** Below this, tensors stay inside the model: one array is simpler to pass. */
const apartBytes = 8 * 2 ** 20

/** Bytes of all weights, those that are yet to be computed included. */
export function weightBytes(graph: Graph): number {
  const tensors = new Map(weights(graph).map(({ tensor }) => [tensor.key, tensor.byteLength]))
  return [...tensors.values()].reduce((sum, bytes) => sum + bytes, 0)
}

export async function graphBytes(graph: Graph, signal?: AbortSignal): Promise<ModelSource> {
  const sink = memorySink()
  const external = weightBytes(graph) > apartBytes ? {} : 'never'
  await writeGraph(graph, sink, 'model.onnx', { external, ...(signal ? { signal } : {}) })
  await sink.commit()
  const { 'model.onnx': bytes = new Uint8Array(0), ...rest } = Object.fromEntries(sink.files)
  return { kind: 'bytes', bytes, external: Object.entries(rest).map(([path, data]) => ({ path, data })) }
}

/** A graph for onnxruntime-web, which reads no data files by itself, not even in Node. */
export async function inMemory(
  graph: Graph,
  { signal }: { readonly signal?: AbortSignal },
): Promise<Materialized> {
  const source = await graphBytes(graph, signal)
  return { source, opened: async () => {}, dispose: async () => {} }
}
