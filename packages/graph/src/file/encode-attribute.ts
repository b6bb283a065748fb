// Attributes of the IR as AttributeProto messages.
import { create } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType as Type,
  AttributeProtoSchema,
  type AttributeProto,
  type GraphProto,
} from 'onnx-buf'
import type { Attribute, AttributeKind, Body } from '../ir.ts'
import type { TensorWriter } from './tensor-writer.ts'
import { encodeText } from './text-field.ts'
import { encodeType, encodeTypeWithRest } from './type-proto.ts'

export interface EncodeContext {
  readonly writer: TensorWriter
  readonly body: (body: Body) => GraphProto
}

const codes: Readonly<Record<AttributeKind, Type>> = {
  float: Type.FLOAT,
  floats: Type.FLOATS,
  int: Type.INT,
  ints: Type.INTS,
  string: Type.STRING,
  strings: Type.STRINGS,
  tensor: Type.TENSOR,
  tensors: Type.TENSORS,
  'sparse-tensor': Type.SPARSE_TENSOR,
  'sparse-tensors': Type.SPARSE_TENSORS,
  graph: Type.GRAPH,
  graphs: Type.GRAPHS,
  type: Type.TYPE_PROTO,
  types: Type.TYPE_PROTOS,
}

/** The messages of a node's attributes, each with what `rests` holds for its name. */
export function encodeAttributes(
  attributes: ReadonlyMap<string, Attribute>,
  rests: readonly AttributeProto[],
  context: EncodeContext,
): AttributeProto[] {
  return [...attributes].map(([name, attribute]) => {
    const rest = rests.find(each => each.name === name)
    const proto = create(AttributeProtoSchema, { name })
    if (rest && rest.docString !== '') proto.docString = rest.docString
    if (rest?.$unknown) proto.$unknown = rest.$unknown
    fill(proto, attribute, rest, context)
    return proto
  })
}

function fill(
  proto: AttributeProto,
  attribute: Attribute,
  rest: AttributeProto | undefined,
  context: EncodeContext,
): void {
  proto.type = codes[attribute.type === 'reference' ? attribute.of : attribute.type]
  switch (attribute.type) {
    case 'reference':
      proto.refAttrName = attribute.value
      break
    case 'float':
      proto.f = attribute.value
      break
    case 'floats':
      proto.floats = [...attribute.value]
      break
    case 'int':
      proto.i = attribute.value
      break
    case 'ints':
      proto.ints = [...attribute.value]
      break
    case 'string':
      proto.s = encodeText(attribute.value)
      break
    case 'strings':
      proto.strings = attribute.value.map(encodeText)
      break
    default:
      fillMessages(proto, attribute, rest, context)
  }
}

type MessageAttribute = Extract<
  Attribute,
  { type: 'tensor' | 'tensors' | 'sparse-tensor' | 'sparse-tensors' | 'graph' | 'graphs' | 'type' | 'types' }
>

/** The values that are messages themselves. */
function fillMessages(
  proto: AttributeProto,
  attribute: MessageAttribute,
  rest: AttributeProto | undefined,
  { writer, body }: EncodeContext,
): void {
  switch (attribute.type) {
    case 'tensor':
      proto.t = writer.tensor(attribute.value, rest?.t)
      break
    case 'tensors':
      proto.tensors = attribute.value.map((each, at) => writer.tensor(each, rest?.tensors[at]))
      break
    case 'sparse-tensor':
      proto.sparseTensor = writer.sparse(attribute.value, rest?.sparseTensor)
      break
    case 'sparse-tensors':
      proto.sparseTensors = attribute.value.map((each, at) => writer.sparse(each, rest?.sparseTensors[at]))
      break
    case 'graph':
      proto.g = body(attribute.value)
      break
    case 'graphs':
      proto.graphs = attribute.value.map(body)
      break
    case 'type':
      proto.tp = encodeTypeWithRest(attribute.value, rest?.tp) ?? encodeType(attribute.value)
      break
    case 'types':
      proto.typeProtos = attribute.value.map(encodeType)
  }
}
