// AttributeProto messages as attributes of the IR. The leftovers of an attribute (its doc, the names of its tensors …)
// are given back beside it; the node that holds it keeps them.
import {
  AttributeProto_AttributeType as Type,
  AttributeProtoSchema,
  SparseTensorProtoSchema,
  TensorProtoSchema,
  type AttributeProto,
  type GraphProto,
  type SparseTensorProto,
  type TensorProto,
} from 'onnx-buf'
import type { Attribute, AttributeKind, Body, ValueType } from '../ir.ts'
import { restOf } from './rest.ts'
import { marksOf } from './skeleton.ts'
import type { TensorReader } from './tensor-reader.ts'
import { decodeText } from './text-field.ts'
import { decodeType, typeRest } from './type-proto.ts'
import { invalidModel } from './wire.ts'

export interface AttributeContext {
  readonly reader: TensorReader
  /** Reads a nested body; `place` is the attribute's name, with `.index` for the second of a list and on. */
  readonly body: (graph: GraphProto, place: string) => Body
}

const kinds: Readonly<Record<number, AttributeKind>> = {
  [Type.FLOAT]: 'float',
  [Type.FLOATS]: 'floats',
  [Type.INT]: 'int',
  [Type.INTS]: 'ints',
  [Type.STRING]: 'string',
  [Type.STRINGS]: 'strings',
  [Type.TENSOR]: 'tensor',
  [Type.TENSORS]: 'tensors',
  [Type.SPARSE_TENSOR]: 'sparse-tensor',
  [Type.SPARSE_TENSORS]: 'sparse-tensors',
  [Type.GRAPH]: 'graph',
  [Type.GRAPHS]: 'graphs',
  [Type.TYPE_PROTO]: 'type',
  [Type.TYPE_PROTOS]: 'types',
}

/** The attribute of a message. Throws `invalid-model` for one without value. */
export function decodeAttribute(proto: AttributeProto, context: AttributeContext): Attribute {
  const kind = kinds[proto.type] ?? guessKind(proto)
  if (!kind)
    throw invalidModel(
      context.reader.file,
      undefined,
      `a value of attribute "${proto.name}"`,
      `type ${proto.type}`,
    )
  if (proto.refAttrName !== '') return { type: 'reference', of: kind, value: proto.refAttrName }
  return decodeValue(proto, kind, context)
}

function decodeValue(proto: AttributeProto, kind: AttributeKind, context: AttributeContext): Attribute {
  const { reader } = context
  switch (kind) {
    case 'float':
      return { type: kind, value: proto.f }
    case 'floats':
      return { type: kind, value: proto.floats }
    case 'int':
      return { type: kind, value: proto.i }
    case 'ints':
      return { type: kind, value: proto.ints }
    case 'string':
      return { type: kind, value: decodeText(proto.s) }
    case 'strings':
      return { type: kind, value: proto.strings.map(decodeText) }
    case 'tensor':
      return { type: kind, value: reader.tensor(needed(proto.t, proto, reader)) }
    case 'tensors':
      return { type: kind, value: proto.tensors.map(each => reader.tensor(each)) }
    case 'sparse-tensor':
      return { type: kind, value: reader.sparse(needed(proto.sparseTensor, proto, reader)) }
    case 'sparse-tensors':
      return { type: kind, value: proto.sparseTensors.map(each => reader.sparse(each)) }
    case 'graph':
      return { type: kind, value: context.body(needed(proto.g, proto, reader), proto.name) }
    case 'graphs': {
      const place = (index: number): string => (index === 0 ? proto.name : `${proto.name}.${index}`)
      return { type: kind, value: proto.graphs.map((graph, index) => context.body(graph, place(index))) }
    }
    case 'type':
      return { type: kind, value: neededType(decodeType(proto.tp, reader.file), proto, reader) }
    case 'types':
      return {
        type: kind,
        value: proto.typeProtos.map(tp => neededType(decodeType(tp, reader.file), proto, reader)),
      }
  }
}

/** Before IR 3 attributes carried no type: the field that is filled tells it. */
function guessKind(proto: AttributeProto): AttributeKind | undefined {
  if (Object.hasOwn(proto, 'f')) return 'float'
  if (Object.hasOwn(proto, 'i')) return 'int'
  if (Object.hasOwn(proto, 's')) return 'string'
  if (proto.t) return 'tensor'
  if (proto.g) return 'graph'
  if (proto.floats.length > 0) return 'floats'
  if (proto.ints.length > 0) return 'ints'
  if (proto.strings.length > 0) return 'strings'
  if (proto.tensors.length > 0) return 'tensors'
  return proto.graphs.length > 0 ? 'graphs' : undefined
}

function needed<T>(value: T | undefined, proto: AttributeProto, reader: TensorReader): T {
  if (value !== undefined) return value
  throw invalidModel(reader.file, undefined, `a value of attribute "${proto.name}"`, 'none')
}

function neededType(type: ValueType | undefined, proto: AttributeProto, reader: TensorReader): ValueType {
  return needed(type, proto, reader)
}

/** What the IR does not hold of an attribute. */
export function attributeRest(proto: AttributeProto): AttributeProto | undefined {
  const t = proto.t && tensorRest(proto.t)
  const sparseTensor = proto.sparseTensor && sparseRest(proto.sparseTensor)
  const tp = proto.tp && typeRest(proto.tp, { kind: 'tensor' })
  const some = <T>(rests: readonly (T | undefined)[]): boolean => rests.some(each => each !== undefined)
  const tensors = proto.tensors.map(tensorRest)
  const sparseTensors = proto.sparseTensors.map(sparseRest)
  const rest = restOf(AttributeProtoSchema, proto, {
    ...(proto.docString === '' ? {} : { docString: proto.docString }),
    ...(t && { t }),
    ...(sparseTensor && { sparseTensor }),
    ...(tp && { tp }),
    ...(some(tensors) && { tensors: tensors.map(each => each ?? {}) }),
    ...(some(sparseTensors) && { sparseTensors: sparseTensors.map(each => each ?? {}) }),
  })
  if (rest) rest.name = proto.name
  return rest
}

/** What the IR does not hold of a tensor: its name, its notes. An initializer's name, doc and metadata it does. */
function tensorRest(proto: TensorProto): TensorProto | undefined {
  const { name, docString, metadataProps } = proto
  const fields = {
    ...(name === '' ? {} : { name }),
    ...(docString === '' ? {} : { docString }),
    metadataProps,
  }
  return restOf(TensorProtoSchema, proto, fields, [...marksOf(proto).unknown])
}

/** The same for a sparse tensor: its two tensors' names and notes. */
export function sparseRest(proto: SparseTensorProto): SparseTensorProto | undefined {
  const values = proto.values && tensorRest(proto.values)
  const indices = proto.indices && tensorRest(proto.indices)
  return restOf(SparseTensorProtoSchema, proto, { ...(values && { values }), ...(indices && { indices }) })
}
