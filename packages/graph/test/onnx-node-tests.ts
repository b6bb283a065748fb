// ONNX's own single-operator tests, where Debian's package libonnx-testdata puts them: a model and data sets each.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { GraphProtoSchema, ModelProtoSchema, TensorProtoSchema } from 'onnx-buf'
import { parseGraph } from '../src/file/read.ts'
import type { Graph } from '../src/ir.ts'
import type { Tensor } from '../src/tensor.ts'

const root = '/usr/share/libonnx-testdata/data/node'

/** False where the package is not installed; CI has to have it. */
export const haveNodeTests = existsSync(root) || Boolean(process.env['CI'])

export interface NodeTest {
  readonly name: string
  readonly graph: Graph
  /** The first data set: tensors only, by name. */
  readonly inputs: ReadonlyMap<string, Tensor>
  readonly outputs: ReadonlyMap<string, Tensor>
}

/** All of them, in order of their names. */
export function* nodeTests(): Iterable<NodeTest> {
  for (const name of readdirSync(root).sort()) {
    const folder = join(root, name)
    if (!existsSync(join(folder, 'model.onnx'))) continue
    const graph = parseGraph(readFileSync(join(folder, 'model.onnx')))
    const tensors = (kind: string, infos: Graph['inputs']): ReadonlyMap<string, Tensor> =>
      new Map(
        infos.flatMap((info, at) => {
          const tensor = readTensor(join(folder, 'test_data_set_0', `${kind}_${at}.pb`), info)
          return tensor ? [[info.name, tensor] as const] : []
        }),
      )
    yield { name, graph, inputs: tensors('input', graph.inputs), outputs: tensors('output', graph.outputs) }
  }
}

/** A tensor file by way of a model that holds it; undefined for sequences, and where the file has another type than declared. */
function readTensor(file: string, { type }: Graph['inputs'][number]): Tensor | undefined {
  if (type?.kind !== 'tensor' || !existsSync(file)) return undefined
  const initializer = [{ ...fromBinary(TensorProtoSchema, readFileSync(file)), name: 'x' }]
  const graph = create(GraphProtoSchema, { name: 'g', initializer })
  const model = create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: 15n }], graph })
  const tensor = parseGraph(toBinary(ModelProtoSchema, model)).initializers.get('x')?.tensor
  return tensor?.dtype === type.dtype ? tensor : undefined
}
