// Graphs as ModelProto messages: what the IR holds, on top of what the messages that it was read from held besides.
import {
  FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from 'onnx-buf'
import type { Body, FunctionDefinition, Graph, Initializer, Node, ValueInfo } from '../ir.ts'
import { encodeAttributes } from './encode-attribute.ts'
import { encodeEntries, encodeOpsets } from './entries.ts'
import { given, restIn, startFrom } from './rest.ts'
import type { TensorWriter } from './tensor-writer.ts'
import { encodeTypeWithRest } from './type-proto.ts'

/** The message of a graph; big tensors are marks or external places, as the writer says. */
export function encodeModel(graph: Graph, writer: TensorWriter): ModelProto {
  const { header } = graph
  const rest = restIn(ModelProtoSchema, header.extra)
  return startFrom(ModelProtoSchema, rest, {
    irVersion: BigInt(header.irVersion),
    opsetImport: encodeOpsets(header.opsets),
    ...(header.producer && { producerName: header.producer.name, producerVersion: header.producer.version }),
    ...given('domain', header.domain),
    ...given('modelVersion', header.modelVersion),
    ...given('docString', header.doc),
    graph: encodeBody(graph, writer),
    metadataProps: encodeEntries(header.metadata),
    functions: header.functions.map(each => encodeFunction(each, writer)),
    ...(rest && { trainingInfo: rest.trainingInfo, configuration: rest.configuration }),
  })
}

function encodeFunction(definition: FunctionDefinition, writer: TensorWriter): FunctionProto {
  const rest = restIn(FunctionProtoSchema, definition.extra)
  const { name, domain, inputs, outputs, attributes, defaults, nodes, types, opsets } = definition
  const context = { writer, body: (body: Body) => encodeBody(body, writer) }
  return startFrom(FunctionProtoSchema, rest, {
    name,
    domain,
    ...given('overload', definition.overload),
    input: [...inputs],
    output: [...outputs],
    attribute: [...attributes],
    attributeProto: encodeAttributes(defaults, rest?.attributeProto ?? [], context),
    node: nodes.map(each => encodeNode(each, writer)),
    valueInfo: [...types.values()].map(encodeInfo),
    opsetImport: encodeOpsets(opsets),
    ...given('docString', definition.doc),
    metadataProps: encodeEntries(definition.metadata),
  })
}

function encodeBody(body: Body, writer: TensorWriter): GraphProto {
  const rest = restIn(GraphProtoSchema, body.extra)
  const sparse = [...body.sparseInitializers].map(([name, each]) =>
    writer.sparse(
      each,
      rest?.sparseInitializer.find(({ values }) => values?.name === name),
      name,
    ),
  )
  return startFrom(GraphProtoSchema, rest, {
    node: body.nodes.map(each => encodeNode(each, writer)),
    name: body.name,
    initializer: [...body.initializers.values()].map(each => encodeInitializer(each, writer)),
    sparseInitializer: sparse,
    ...given('docString', body.doc),
    input: body.inputs.map(encodeInfo),
    output: body.outputs.map(encodeInfo),
    valueInfo: [...body.types.values()].map(encodeInfo),
    metadataProps: encodeEntries(body.metadata),
    ...(rest && { quantizationAnnotation: rest.quantizationAnnotation }),
  })
}

function encodeNode(node: Node, writer: TensorWriter): NodeProto {
  const rest = restIn(NodeProtoSchema, node.extra)
  const context = { writer, body: (body: Body) => encodeBody(body, writer) }
  return startFrom(NodeProtoSchema, rest, {
    input: [...node.inputs],
    output: [...node.outputs],
    ...given('name', node.name === '' ? undefined : node.name),
    opType: node.op,
    ...given('domain', node.domain === '' ? undefined : node.domain),
    ...given('overload', node.overload),
    attribute: encodeAttributes(node.attributes, rest?.attribute ?? [], context),
    ...given('docString', node.doc),
    metadataProps: encodeEntries(node.metadata),
    ...(rest && { deviceConfigurations: rest.deviceConfigurations }),
  })
}

function encodeInitializer(initializer: Initializer, writer: TensorWriter): TensorProto {
  const proto = writer.tensor(initializer.tensor, restIn(TensorProtoSchema, initializer.extra))
  proto.name = initializer.name
  if (initializer.doc !== undefined) proto.docString = initializer.doc
  proto.metadataProps = encodeEntries(initializer.metadata)
  return proto
}

function encodeInfo(info: ValueInfo): ValueInfoProto {
  const rest = restIn(ValueInfoProtoSchema, info.extra)
  return startFrom(ValueInfoProtoSchema, rest, {
    name: info.name,
    ...given('type', encodeTypeWithRest(info.type, rest?.type)),
    ...given('docString', info.doc),
    metadataProps: encodeEntries(info.metadata),
  })
}
