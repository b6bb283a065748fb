// Tensors whose bytes lie in files beside the model. A location stays inside the model's folder, whatever it says.
import type { GraphProto, ModelProto, NodeProto, TensorProto } from 'onnx-buf'
import { TensorProto_DataLocation } from 'onnx-buf'
import { DamsonError } from '../error.ts'
import { baseName, beside, innerPath } from '../storage/path.ts'
import type { Source, SourceFolder } from '../storage.ts'
import { invalidModel } from './wire.ts'

/** The external files of a model by location. */
export type ExternalFiles = ReadonlyMap<string, Source>

/** Opens every external file that a model names. Throws `not-found` when one is missing, `invalid-model` for a location outside the folder. */
export async function openExternal(
  model: ModelProto,
  file: string,
  folder: SourceFolder | undefined,
  path: string,
): Promise<ExternalFiles> {
  const files = new Map<string, Source>()
  for (const proto of tensorsOf(model)) {
    if (proto.dataLocation !== TensorProto_DataLocation.EXTERNAL) continue
    const location = locationOf(proto, file)
    if (files.has(location)) continue
    const source = folder && (await folder.open(beside(path, location)))
    if (folder && !source)
      throw new DamsonError(
        'not-found',
        `${file}: expected its external data ${location} beside it in ${folder.name}, but there is none. Put the file there.`,
        { details: { file: location, model: file } },
      )
    if (source) files.set(location, source)
  }
  return files
}

/** Where the bytes of an external tensor lie. Throws `invalid-model` when that is not inside the file. */
export function externalRegion(
  proto: TensorProto,
  byteLength: number,
  files: ExternalFiles,
  file: string,
): { readonly source: Source; readonly offset: number } {
  const location = locationOf(proto, file)
  const offset = entry(proto, 'offset', file) ?? 0
  const length = entry(proto, 'length', file) ?? byteLength
  const source = files.get(location) ?? absentSource(location, file, offset)
  if (length !== byteLength)
    throw invalidModel(
      file,
      undefined,
      `${byteLength} bytes of external data for tensor "${proto.name}"`,
      `length ${length}`,
    )
  if (files.has(location) && offset + length > source.size)
    throw invalidModel(
      baseName(location),
      offset,
      `${length} bytes of tensor "${proto.name}"`,
      `the end of the file at ${source.size}`,
    )
  return { source, offset }
}

function locationOf(proto: TensorProto, file: string): string {
  const found = proto.externalData.filter(each => each.key === 'location')
  const location = found[0]?.value
  if (location === undefined || found.length > 1)
    throw invalidModel(
      file,
      undefined,
      `one location of external data for tensor "${proto.name}"`,
      String(found.length),
    )
  try {
    return innerPath(location)
  } catch (cause) {
    throw invalidModel(
      file,
      undefined,
      `a location beside the model for tensor "${proto.name}"`,
      `${JSON.stringify(location)}, which is absolute or leads out of the folder`,
      cause,
    )
  }
}

function entry(proto: TensorProto, key: string, file: string): number | undefined {
  const found = proto.externalData.filter(each => each.key === key)
  const text = found[0]?.value
  if (text === undefined) return undefined
  if (found.length === 1 && /^\d{1,15}$/.test(text)) return Number(text)
  throw invalidModel(
    file,
    undefined,
    `one ${key} in bytes for tensor "${proto.name}"`,
    JSON.stringify(found.map(each => each.value)),
  )
}

/** Stands for a file that was not given: the graph can be looked at, and reading says what is missing. */
function absentSource(location: string, file: string, offset: number): Source {
  return {
    name: location,
    size: 0,
    key: `absent:${file}:${location}:${offset}`,
    async read() {
      throw new DamsonError(
        'read',
        `${file}: expected its external data ${location}, but it was opened without its folder. Open the model with its folder.`,
        { details: { file: location, model: file } },
      )
    },
  }
}

function* tensorsOf(model: ModelProto): Iterable<TensorProto> {
  if (model.graph) yield* graphTensors(model.graph)
  for (const { node } of model.functions) yield* nodeTensors(node)
}

function* graphTensors(graph: GraphProto): Iterable<TensorProto> {
  yield* graph.initializer
  for (const { values, indices } of graph.sparseInitializer)
    yield* [values, indices].filter(each => each !== undefined)
  yield* nodeTensors(graph.node)
}

function* nodeTensors(nodes: readonly NodeProto[]): Iterable<TensorProto> {
  for (const { attribute } of nodes)
    for (const { t, tensors, g, graphs, sparseTensor, sparseTensors } of attribute) {
      if (t) yield t
      yield* tensors
      for (const sparse of sparseTensor ? [sparseTensor, ...sparseTensors] : sparseTensors)
        yield* [sparse.values, sparse.indices].filter(each => each !== undefined)
      for (const graph of g ? [g, ...graphs] : graphs) yield* graphTensors(graph)
    }
}
