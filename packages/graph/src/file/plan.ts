// What a save will write, to the byte, before it writes anything: which files, how big, and what lies where in them.
import { toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { DamsonError } from '../error.ts'
import type { Graph } from '../ir.ts'
import { baseName, beside } from '../storage/path.ts'
import type { Source } from '../storage.ts'
import type { Tensor } from '../tensor.ts'
import { SourceTensor } from '../tensors/source-tensor.ts'
import { encodeModel } from './encode-model.ts'
import { stillUsed, type KeptData } from './kept-data.ts'
import { expandSkeleton } from './skeleton.ts'
import { TensorWriter, type ExternalPlace } from './tensor-writer.ts'
import { readNow } from './wire.ts'

/** Bytes, a tensor or the whole of another file at an offset of a file. */
type Part =
  | { readonly offset: number; readonly bytes: Uint8Array }
  | { readonly offset: number; readonly tensor: Tensor }
  | { readonly offset: number; readonly source: Source }

export interface PlannedFile {
  readonly path: string
  readonly size: number
  /** In order of offset, one after the other without a gap. */
  readonly parts: readonly Part[]
}

/** How weights are spread over files. */
export interface ExternalOptions {
  /** Tensors of at least this many bytes go out of the model file; default 1024. */
  readonly threshold?: number
  /** A file holds at most this much, one tensor at least; default 2,000,000,000. */
  readonly chunkBytes?: number
  /** Name of chunk 0, 1, … beside the model; default `model.onnx_data`, `model.onnx_data_1` … as transformers.js looks for them. */
  readonly naming?: (chunk: number) => string
  /** What other graphs of this folder have written already, as `writeGraph` gave it: equal tensors are found there. */
  readonly placed?: PlacedTensors
}

/** Keys of tensors to where they lie in external data. */
export type PlacedTensors = ReadonlyMap<string, ExternalPlace>

/** What a save will write, and where tensors lie in external data then. */
export interface PlannedSave {
  readonly files: readonly PlannedFile[]
  readonly placed: PlacedTensors
}

/** Protobuf's limit for one message. */
const largestFile = 2 ** 31 - 1
/** Tensors below this many bytes stay in the model file. */
const smallestOutside = 1024
/** Big tensors start at pages, so that runtimes can map them; as ONNX's own tools do. */
const pageBytes = 4096
const pagedBytes = 2 ** 20
const alignedBytes = 64

/** The files of a graph. `auto`: one file where that is possible. Throws `too-large` where one file is wanted and impossible. */
export function planFiles(
  graph: Graph,
  path: string,
  external: 'auto' | 'never' | ExternalOptions | KeptData,
): PlannedSave {
  if (typeof external === 'object')
    return 'keep' in external ? planKept(graph, path, external) : planExternal(graph, path, external)
  const model = planModel(graph, path, () => undefined)
  if (model.size <= largestFile) return { files: [model], placed: new Map() }
  if (external === 'auto') return planExternal(graph, path, {})
  throw new DamsonError(
    'too-large',
    `${path}: expected a model of at most ${largestFile} bytes in one file, got ${model.size}. Save it with external data.`,
    { details: { file: path, bytes: model.size } },
  )
}

function planModel(
  graph: Graph,
  path: string,
  place: (tensor: Tensor) => ExternalPlace | undefined,
): PlannedFile {
  const writer = new TensorWriter(place)
  const skeleton = toBinary(ModelProtoSchema, encodeModel(graph, writer))
  const lengths = writer.marked.map(tensor => tensor.byteLength)
  let size = 0
  const parts = readNow(expandSkeleton(skeleton, lengths), skeleton).flatMap((piece): Part[] => {
    const offset = size
    if (piece.kind === 'bytes') {
      size += piece.bytes.length
      return piece.bytes.length > 0 ? [{ offset, bytes: piece.bytes }] : []
    }
    size += piece.length
    const tensor = writer.marked[piece.index]
    return tensor ? [{ offset, tensor }] : []
  })
  return { path, size, parts }
}

/** Tensors of data files that go along stay at their places, others go where they would have gone without. */
function planKept(graph: Graph, path: string, { keep, others = 'auto' }: KeptData): PlannedSave {
  const tensors: Tensor[] = []
  planModel(graph, path, tensor => void tensors.push(tensor))
  const kept = stillUsed(tensors, keep)
  if (kept.length === 0) return planFiles(graph, path, others === 'auto' ? 'auto' : {})
  const data = kept.map((source, chunk) => ({
    path: beside(path, dataName(path, chunk)),
    size: source.size,
    parts: [{ offset: 0, source }],
  }))
  const placed = placesIn(graph, new Map(kept.map((source, chunk) => [dataName(path, chunk), source])))
  const naming = (chunk: number): string => dataName(path, kept.length + chunk)
  const model = planModel(graph, path, ({ key }) => placed.get(key))
  const plan =
    others === 'auto' && model.size <= largestFile
      ? { files: [model], placed }
      : planExternal(graph, path, { placed, naming })
  return { files: [...plan.files, ...data], placed: plan.placed }
}

/** As transformers.js looks for them. */
const dataName = (path: string, chunk: number): string =>
  `${baseName(path)}_data${chunk === 0 ? '' : `_${chunk}`}`

function planExternal(graph: Graph, path: string, options: ExternalOptions): PlannedSave {
  const { threshold = smallestOutside, chunkBytes = 2e9 } = options
  const naming = options.naming ?? (chunk => dataName(path, chunk))
  const places = new Map<string, ExternalPlace>(options.placed)
  const chunks: { name: string; size: number; parts: Part[] }[] = []
  const place = (tensor: Tensor): ExternalPlace | undefined => {
    const known = places.get(tensor.key)
    if (known) return known
    if (tensor.byteLength < threshold || tensor.byteLength === 0) return undefined
    let chunk = chunks.at(-1)
    let offset = chunk ? aligned(chunk.size, tensor) : 0
    if (!chunk || (chunk.size > 0 && offset + tensor.byteLength > chunkBytes)) {
      chunk = { name: naming(chunks.length), size: 0, parts: [] }
      chunks.push(chunk)
      offset = 0
    }
    if (offset > chunk.size)
      chunk.parts.push({ offset: chunk.size, bytes: new Uint8Array(offset - chunk.size) })
    chunk.parts.push({ offset, tensor })
    chunk.size = offset + tensor.byteLength
    const placed = { location: chunk.name, offset }
    places.set(tensor.key, placed)
    return placed
  }
  const model = planModel(graph, path, place)
  const data = chunks.map(({ name, size, parts }) => ({ path: beside(path, name), size, parts }))
  return { files: [model, ...data], placed: places }
}

/** Where the tensors of a graph lie in files that stand beside it, by location: for graphs that share them. */
export function placesIn(graph: Graph, files: ReadonlyMap<string, Source>): PlacedTensors {
  const locations = new Map([...files].map(([location, { key }]) => [key, location]))
  const places = new Map<string, ExternalPlace>()
  planModel(graph, '', tensor => {
    const location = tensor instanceof SourceTensor ? locations.get(tensor.source.key) : undefined
    if (location !== undefined && tensor instanceof SourceTensor && tensor.byteLength >= smallestOutside)
      places.set(tensor.key, { location, offset: tensor.offset })
    return undefined
  })
  return places
}

function aligned(offset: number, tensor: Tensor): number {
  const unit = tensor.byteLength >= pagedBytes ? pageBytes : alignedBytes
  return Math.ceil(offset / unit) * unit
}
