// Opening models: the skeleton is read and decoded, big tensors stay where they are.
import { baseName } from '../storage/path.ts'
import type { Graph } from '../ir.ts'
import type { Source, SourceFolder } from '../storage.ts'
import type { Tensor } from '../tensor.ts'
import type { SourceTensor } from '../tensors/source-tensor.ts'
import { decodeModel } from './decode-model.ts'
import { openExternal } from './external-data.ts'
import { readSkeleton } from './skeleton.ts'
import { TensorReader } from './tensor-reader.ts'
import { invalidModel, join, readNow, varint, type Reading, type Window } from './wire.ts'

export interface ReadGraphOptions {
  /** Where external data is looked for; without it, graphs with external data open, but those tensors cannot be read. */
  readonly folder?: SourceFolder
  /** Path of the model file in `folder`; default the last part of the source's name. */
  readonly path?: string
  readonly signal?: AbortSignal
}

/**
 * Opens a model. Reads its structure and its small tensors (up to 64 KiB); all others are read from the source when
 * they are needed, so it must stay as it is. Throws `invalid-model` for what is not an ONNX model, `not-found` for
 * missing external data, `read` when reading fails.
 */
export async function readGraph(source: Source, options: ReadGraphOptions = {}): Promise<Graph> {
  const { folder, signal } = options
  const { model, payloads } = await readLater(readSkeleton(source.name, source.size), source, signal)
  const external = await openExternal(
    model,
    source.name,
    folder,
    options.path ?? baseName(source.name.replaceAll('\\', '/')),
  )
  const reader = new TensorReader({ file: source.name, payloads, source }, external)
  const graph = decodeModel(model, reader)
  await settle(reader.small, signal)
  readFrom.set(graph, source)
  return graph
}

const readFrom = new WeakMap<Graph, Source>()

/** The source that a graph was read from, as long as it is the graph that was read: a changed graph has none. */
export function sourceOfGraph(graph: Graph): Source | undefined {
  return readFrom.get(graph)
}

/** Opens a model that is in memory; its tensors are views of `bytes`, which must not change. Throws `invalid-model`. */
export function parseGraph(bytes: Uint8Array, name = '<bytes>'): Graph {
  const { model, payloads } = readNow(readSkeleton(name, bytes.length), bytes)
  return decodeModel(model, new TensorReader({ file: name, payloads, bytes }, new Map()))
}

/** Reads a tensor file (a TensorProto, as in ONNX's test data). Throws `invalid-model`. */
export function parseTensor(bytes: Uint8Array, name = '<tensor>'): Tensor {
  const initializer = join(varint(5 * 8 + 2), varint(bytes.length), bytes)
  const graph = parseGraph(join(varint(7 * 8 + 2), varint(initializer.length), initializer), name)
  const [first] = graph.initializers.values()
  if (first) return first.tensor
  throw invalidModel(name, undefined, 'a tensor', 'none')
}

/** Reads this much at a time at first: the tags around a tensor fit into it. While it reads on and on, more and more. */
const firstWindow = 2 ** 14
const largestWindow = 2 ** 20

async function readLater<T>(reading: Reading<T>, source: Source, signal?: AbortSignal): Promise<T> {
  let window: Window = { at: 0, bytes: new Uint8Array(0) }
  let step = reading.next(window)
  while (!step.done) {
    const { at, length, into } = step.value
    const end = window.at + window.bytes.length
    if (into && length >= firstWindow) {
      await source.read(at, into, signal)
    } else {
      if (at < window.at || at + length > end) {
        const further = at >= window.at && at <= end
        const wanted = further ? Math.min(2 * window.bytes.length, largestWindow) : firstWindow
        const bytes = new Uint8Array(Math.min(Math.max(length, wanted), source.size - at))
        await source.read(at, bytes, signal)
        window = { at, bytes }
      }
      into?.set(window.bytes.subarray(at - window.at, at - window.at + length))
    }
    step = reading.next(window)
  }
  return step.value
}

/** Reads small external tensors, neighbours together. */
async function settle(tensors: readonly SourceTensor[], signal?: AbortSignal): Promise<void> {
  const sorted = tensors.toSorted((a, b) => a.source.key.localeCompare(b.source.key) || a.offset - b.offset)
  while (sorted.length > 0) {
    const [first] = sorted
    if (!first) return
    const span = sorted.findIndex(
      each => each.source !== first.source || each.offset + each.byteLength > first.offset + 2 ** 20,
    )
    const group = sorted.splice(0, span < 0 ? sorted.length : Math.max(span, 1))
    const length = Math.max(...group.map(each => each.offset + each.byteLength)) - first.offset
    const bytes = new Uint8Array(length)
    await first.source.read(first.offset, bytes, signal)
    for (const each of group)
      each.settle(bytes.slice(each.offset - first.offset, each.offset - first.offset + each.byteLength))
  }
}
