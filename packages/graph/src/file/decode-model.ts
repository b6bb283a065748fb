// ModelProto messages as graphs. Everything that is read carries where it came from: nodes their own identity,
// initializers their name, behind the path of the body that holds them.
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
import {
  Body,
  Graph,
  type BodyFields,
  type FunctionDefinition,
  type Header,
  type Initializer,
  type Node,
  type ValueInfo,
} from '../ir.ts'
import { attributeRest, decodeAttribute, sparseRest } from './decode-attribute.ts'
import { decodeEntries, decodeOpsets, decodeVersion, normalDomain } from './entries.ts'
import { nodeNames, under } from './origins.ts'
import { given, restOf } from './rest.ts'
import { marksOf } from './skeleton.ts'
import type { TensorReader } from './tensor-reader.ts'
import { decodeType, typeRest } from './type-proto.ts'
import { invalidModel } from './wire.ts'

/** The graph of a model. Throws `invalid-model`. */
export function decodeModel(model: ModelProto, reader: TensorReader): Graph {
  if (!model.graph) throw invalidModel(reader.file, undefined, 'a model with a graph', 'one without')
  return new Graph({ ...decodeBody(model.graph, reader, ''), header: decodeHeader(model, reader) })
}

function decodeHeader(model: ModelProto, reader: TensorReader): Header {
  const { producerName, producerVersion, trainingInfo, configuration } = model
  const producer =
    producerName === '' && producerVersion === ''
      ? undefined
      : { name: producerName, version: producerVersion }
  return {
    irVersion: decodeVersion(model.irVersion, 'the format', reader.file),
    opsets: decodeOpsets(model.opsetImport, reader.file),
    functions: model.functions.map(each => decodeFunction(each, reader)),
    ...given('producer', producer),
    ...given('domain', model.domain === '' ? undefined : model.domain),
    ...given('modelVersion', Object.hasOwn(model, 'modelVersion') ? model.modelVersion : undefined),
    ...notes(model),
    ...given('extra', restOf(ModelProtoSchema, model, { trainingInfo, configuration })),
  }
}

function decodeFunction(proto: FunctionProto, reader: TensorReader): FunctionDefinition {
  const domain = normalDomain(proto.domain)
  const path = [domain, proto.name, proto.overload].filter(part => part !== '').join('.')
  const context = {
    reader,
    body: (graph: GraphProto, place: string) => new Body(decodeBody(graph, reader, under(path, place))),
  }
  const rests = proto.attributeProto.flatMap(each => attributeRest(each) ?? [])
  return {
    name: proto.name,
    domain,
    ...given('overload', proto.overload === '' ? undefined : proto.overload),
    inputs: proto.input,
    outputs: proto.output,
    attributes: proto.attribute,
    defaults: new Map(proto.attributeProto.map(each => [each.name, decodeAttribute(each, context)])),
    nodes: decodeNodes(proto.node, reader, path),
    types: decodeInfos(proto.valueInfo, reader),
    opsets: decodeOpsets(proto.opsetImport, reader.file),
    ...notes(proto),
    ...given('extra', restOf(FunctionProtoSchema, proto, { attributeProto: rests })),
  }
}

function decodeBody(graph: GraphProto, reader: TensorReader, path: string): BodyFields {
  const sparse = graph.sparseInitializer.map(each => [each.values?.name ?? '', reader.sparse(each)] as const)
  const sparseRests = graph.sparseInitializer.flatMap(each => sparseRest(each) ?? [])
  const { quantizationAnnotation } = graph
  return {
    name: graph.name,
    inputs: graph.input.map(each => decodeInfo(each, reader)),
    outputs: graph.output.map(each => decodeInfo(each, reader)),
    // Of two initializers with one name the last counts, as in ONNX Runtime; so with attributes and value infos.
    initializers: new Map(graph.initializer.map(each => [each.name, decodeInitializer(each, reader, path)])),
    sparseInitializers: new Map(sparse),
    nodes: decodeNodes(graph.node, reader, path),
    types: decodeInfos(graph.valueInfo, reader),
    ...notes(graph),
    ...given(
      'extra',
      restOf(GraphProtoSchema, graph, { quantizationAnnotation, sparseInitializer: sparseRests }),
    ),
  }
}

function decodeNodes(nodes: readonly NodeProto[], reader: TensorReader, path: string): readonly Node[] {
  const names = nodeNames(nodes.map(({ name, output, opType }) => ({ name, outputs: output, op: opType })))
  return nodes.map((proto, at) => decodeNode(proto, reader, under(path, names[at] ?? '')))
}

function decodeNode(proto: NodeProto, reader: TensorReader, identity: string): Node {
  const body = (graph: GraphProto, place: string): Body =>
    new Body(decodeBody(graph, reader, under(identity, place)))
  const rests = proto.attribute.flatMap(each => attributeRest(each) ?? [])
  const { deviceConfigurations } = proto
  return {
    op: proto.opType,
    domain: normalDomain(proto.domain),
    ...given('overload', proto.overload === '' ? undefined : proto.overload),
    name: proto.name,
    inputs: proto.input,
    outputs: proto.output,
    attributes: new Map(proto.attribute.map(each => [each.name, decodeAttribute(each, { reader, body })])),
    origins: [identity],
    ...notes(proto),
    ...given('extra', restOf(NodeProtoSchema, proto, { deviceConfigurations, attribute: rests })),
  }
}

function decodeInitializer(proto: TensorProto, reader: TensorReader, path: string): Initializer {
  return {
    name: proto.name,
    tensor: reader.tensor(proto),
    origins: [under(path, proto.name)],
    ...notes(proto),
    ...given('extra', restOf(TensorProtoSchema, proto, {}, [...marksOf(proto).unknown])),
  }
}

function decodeInfos(infos: readonly ValueInfoProto[], reader: TensorReader): ReadonlyMap<string, ValueInfo> {
  return new Map(infos.map(each => [each.name, decodeInfo(each, reader)]))
}

function decodeInfo(proto: ValueInfoProto, reader: TensorReader): ValueInfo {
  const type = decodeType(proto.type, reader.file)
  const rest = typeRest(proto.type, type)
  return {
    name: proto.name,
    ...given('type', type),
    ...notes(proto),
    ...given('extra', restOf(ValueInfoProtoSchema, proto, { ...(rest && { type: rest }) })),
  }
}

function notes(proto: { readonly docString: string; readonly metadataProps: ModelProto['metadataProps'] }): {
  doc?: string
  metadata?: ReadonlyMap<string, string>
} {
  return {
    ...given('doc', Object.hasOwn(proto, 'docString') ? proto.docString : undefined),
    ...given('metadata', decodeEntries(proto.metadataProps)),
  }
}
