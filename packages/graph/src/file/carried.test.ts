import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { AttributeProto_AttributeType as Type, ModelProtoSchema, type ModelProto } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { canonicalModel } from '../../test/canonical-message.ts'
import type { Graph } from '../ir.ts'
import { parseGraph } from './read.ts'
import { graphToBytes } from './write.ts'

type Fields = MessageInitShape<typeof ModelProtoSchema>

const none = (): Uint8Array => expect.fail('no external data here')
const unknown = (no: number) => [{ no, wireType: 2, data: Uint8Array.from([3, 1, 2, 3]) }]
const entry = [{ key: 'k', value: 'v' }]
const float = { dims: [2n], dataType: 1, floatData: [1, 2] }

/** Expects everything in a model to be in the file written for it, and gives the graph. */
async function expectCarried(fields: Fields | ModelProto): Promise<Graph> {
  const bytes = toBinary(ModelProtoSchema, create(ModelProtoSchema, fields))
  const graph = parseGraph(bytes)
  expect(canonicalModel(await graphToBytes(graph), none)).toEqual(canonicalModel(bytes, none))
  return graph
}

test('the comparison sees a small change', () => {
  const model = (doc: string) =>
    toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: { docString: doc } }))
  expect(canonicalModel(model('a'), none)).not.toEqual(canonicalModel(model('b'), none))
})

test('the header', async () => {
  const { header } = await expectCarried({
    irVersion: 10n,
    producerName: 'p',
    producerVersion: '1',
    domain: 'd',
    modelVersion: 7n,
    docString: 'doc',
    metadataProps: entry,
    opsetImport: [
      { domain: '', version: 21n },
      { domain: 'com.microsoft', version: 1n },
    ],
    configuration: [{ name: 'c', numDevices: 2, device: ['a', 'b'] }],
    trainingInfo: [{ algorithm: { name: 'step', initializer: [{ ...float, name: 'lr' }] } }],
    graph: { name: 'g', docString: '', metadataProps: entry },
  })
  expect(header.producer).toEqual({ name: 'p', version: '1' })
  expect(header.modelVersion).toBe(7n)
})

test('big tensors of training info', async () => {
  const rawData = new Uint8Array(100_000).fill(5)
  const tensor = { name: 'w', dims: [25_000n], dataType: 1, rawData }
  await expectCarried({
    graph: { initializer: [{ ...tensor, rawData: rawData.map(x => x + 1) }] },
    trainingInfo: [{ initialization: { initializer: [tensor] } }],
  })
})

test('notes, device configurations, annotations, overloads', async () => {
  const graph = await expectCarried({
    graph: {
      node: [
        {
          opType: 'Relu',
          overload: 'fast',
          input: ['x', ''],
          output: ['y'],
          docString: 'why',
          metadataProps: entry,
          deviceConfigurations: [{ configurationId: 'c', pipelineStage: 1 }],
          attribute: [{ name: 'a', type: Type.INT, i: -5n, docString: 'note' }],
        },
      ],
      quantizationAnnotation: [{ tensorName: 'x', quantParameterTensorNames: entry }],
      valueInfo: [{ name: 'x', docString: 'value', metadataProps: entry }],
      initializer: [{ ...float, name: 'w', docString: 'weight', metadataProps: entry }],
    },
  })
  expect(graph.nodes[0]).toMatchObject({ overload: 'fast', doc: 'why', inputs: ['x', ''] })
  expect(graph.initializers.get('w')).toMatchObject({ doc: 'weight', origins: ['w'] })
  expect(graph.initializers.get('w')?.metadata).toEqual(new Map([['k', 'v']]))
})

test('unknown fields of every message', async () => {
  const model = create(ModelProtoSchema, {
    graph: {
      node: [
        {
          opType: 'Constant',
          output: ['c'],
          attribute: [{ name: 'value', type: Type.TENSOR, t: { ...float, name: 'inner' } }],
        },
      ],
      initializer: [{ ...float, name: 'w' }],
      sparseInitializer: [
        {
          values: { ...float, name: 's' },
          indices: { dims: [2n], dataType: 7, int64Data: [0n, 3n] },
          dims: [4n],
        },
      ],
      input: [
        {
          name: 'x',
          type: {
            denotation: 'IMAGE',
            value: {
              case: 'tensorType',
              value: {
                elemType: 1,
                shape: { dim: [{ denotation: 'N', value: { case: 'dimValue', value: 3n } }] },
              },
            },
          },
        },
      ],
    },
    functions: [
      { name: 'f', domain: 'd', attributeProto: [{ name: 'a', type: Type.FLOAT, f: 1, docString: 'x' }] },
    ],
  })
  const messages = [
    model, model.graph, model.graph?.node[0], model.graph?.node[0]?.attribute[0], model.graph?.node[0]?.attribute[0]?.t,
    model.graph?.initializer[0], model.graph?.sparseInitializer[0], model.graph?.sparseInitializer[0]?.values,
    model.graph?.input[0], model.graph?.input[0]?.type, model.functions[0], model.functions[0]?.attributeProto[0],
  ] // prettier-ignore
  messages.forEach((message, at) => {
    if (message) message.$unknown = unknown(1000 + at)
  })
  const graph = await expectCarried(model)
  expect(graph.sparseInitializers.get('s')?.shape).toEqual([4])
})

test('every kind of type', async () => {
  const tensorType = {
    case: 'tensorType' as const,
    value: { elemType: 1, shape: { dim: [{ value: { case: 'dimParam' as const, value: 'N' } }, {}] } },
  }
  const typed = { value: tensorType }
  const graph = await expectCarried({
    graph: {
      input: [
        { name: 'tensor', type: typed },
        { name: 'rank', type: { value: { case: 'tensorType', value: { elemType: 8 } } } },
        { name: 'scalar', type: { value: { case: 'tensorType', value: { elemType: 1, shape: {} } } } },
        { name: 'sparse', type: { value: { case: 'sparseTensorType', value: tensorType.value } } },
        { name: 'sequence', type: { value: { case: 'sequenceType', value: { elemType: typed } } } },
        { name: 'optional', type: { value: { case: 'optionalType', value: { elemType: typed } } } },
        { name: 'map', type: { value: { case: 'mapType', value: { keyType: 7, valueType: typed } } } },
        { name: 'empty', type: {} },
        { name: 'sequence of nothing', type: { value: { case: 'sequenceType', value: {} } } },
      ],
    },
  })
  expect(graph.inputs[0]?.type).toEqual({ kind: 'tensor', dtype: 'float32', shape: ['N', null] })
  expect(graph.inputs[1]?.type).toEqual({ kind: 'tensor', dtype: 'string' })
  expect(graph.inputs[2]?.type).toEqual({ kind: 'tensor', dtype: 'float32', shape: [] })
  expect(graph.inputs[6]?.type).toMatchObject({ kind: 'map', key: 'int64' })
  expect(graph.inputs.slice(7).map(input => input.type)).toEqual([undefined, undefined])
})

test('every kind of attribute', async () => {
  const tensor = { ...float, name: 't' }
  const sparse = {
    values: { ...float, name: 'v' },
    indices: { name: 'i', dims: [2n], dataType: 7, int64Data: [0n, 1n] },
    dims: [9n],
  }
  const graph = { name: 'body', output: [{ name: 'o' }], initializer: [{ ...float, name: 'o' }] }
  const type = { value: { case: 'tensorType' as const, value: { elemType: 1 } } }
  const bytes = Uint8Array.from([0xff, 0xfe])
  const text = new TextEncoder().encode('\ufeffgrüß')
  const { nodes } = await expectCarried({
    graph: {
      node: [
        {
          opType: 'X',
          domain: 'custom',
          output: ['y'],
          attribute: [
            { name: 'f', type: Type.FLOAT, f: 0.5 },
            { name: 'fs', type: Type.FLOATS, floats: [1, -2] },
            { name: 'i', type: Type.INT, i: -(2n ** 63n) },
            { name: 'is', type: Type.INTS, ints: [1n, -1n] },
            { name: 's', type: Type.STRING, s: text },
            { name: 'ss', type: Type.STRINGS, strings: [text, bytes] },
            { name: 't', type: Type.TENSOR, t: tensor },
            { name: 'ts', type: Type.TENSORS, tensors: [{ ...tensor, name: '' }, tensor] },
            { name: 'sp', type: Type.SPARSE_TENSOR, sparseTensor: sparse },
            { name: 'sps', type: Type.SPARSE_TENSORS, sparseTensors: [sparse] },
            { name: 'g', type: Type.GRAPH, g: graph },
            { name: 'gs', type: Type.GRAPHS, graphs: [graph, graph] },
            { name: 'tp', type: Type.TYPE_PROTO, tp: type },
            { name: 'tps', type: Type.TYPE_PROTOS, typeProtos: [type] },
          ],
        },
      ],
    },
    functions: [
      {
        name: 'f',
        node: [{ opType: 'Relu', attribute: [{ name: 'a', type: Type.INT, refAttrName: 'outer' }] }],
      },
    ],
  })
  const attributes = nodes[0]?.attributes
  expect(attributes?.get('s')).toEqual({ type: 'string', value: '\ufeffgrüß' })
  expect(attributes?.get('ss')).toMatchObject({ value: ['\ufeffgrüß', bytes] })
  const bodies = attributes?.get('gs')
  expect(bodies?.type === 'graphs' && bodies.value[1]?.initializers.get('o')?.origins).toEqual(['y/gs.1/o'])
})

test('attributes without a type, as before IR 3', () => {
  const model = create(ModelProtoSchema, {
    graph: {
      node: [
        {
          opType: 'X',
          attribute: [
            { name: 'k', ints: [3n] },
            { name: 'f', f: 0 },
          ],
        },
      ],
    },
  })
  const [node] = parseGraph(toBinary(ModelProtoSchema, model)).nodes
  expect([...(node?.attributes.values() ?? [])]).toEqual([
    { type: 'ints', value: [3n] },
    { type: 'float', value: 0 },
  ])
})

test('ai.onnx is the empty domain', async () => {
  const graph = await expectCarried({
    opsetImport: [{ domain: 'ai.onnx', version: 18n }],
    graph: { node: [{ opType: 'Relu', domain: 'ai.onnx' }] },
  })
  expect(graph.opset()).toBe(18)
  expect(graph.nodes[0]?.domain).toBe('')
})

describe('string tensors', () => {
  test('keep bytes that are not UTF-8', async () => {
    const stringData = [new TextEncoder().encode('a'), Uint8Array.from([0xc3]), new Uint8Array(0)]
    const graph = await expectCarried({
      graph: { initializer: [{ name: 's', dims: [3n], dataType: 8, stringData }] },
    })
    const tensor = graph.initializers.get('s')?.tensor
    expect(tensor?.strings).toEqual(['a', '\ufffd', ''])
    expect(tensor?.rawStrings?.[1]).toEqual(Uint8Array.from([0xc3]))
  })

  test('plain text has no bytes', async () => {
    const stringData = ['x', 'y'].map(text => new TextEncoder().encode(text))
    const graph = await expectCarried({
      graph: { initializer: [{ name: 's', dims: [2n], dataType: 8, stringData }] },
    })
    expect(graph.initializers.get('s')?.tensor.strings).toEqual(['x', 'y'])
    expect(graph.initializers.get('s')?.tensor.rawStrings).toBeUndefined()
  })
})

test('an edited node keeps what the format holds besides', async () => {
  const model = create(ModelProtoSchema, {
    graph: {
      node: [
        { opType: 'Relu', input: ['x'], output: ['y'], deviceConfigurations: [{ configurationId: 'c' }] },
      ],
    },
  })
  const graph = parseGraph(toBinary(ModelProtoSchema, model))
  const edited = graph.with({ nodes: graph.nodes.map(node => ({ ...node, op: 'Gelu' })) })
  const [node] = fromBinary(ModelProtoSchema, await graphToBytes(edited)).graph?.node ?? []
  expect(node?.opType).toBe('Gelu')
  expect(node?.deviceConfigurations[0]?.configurationId).toBe('c')
})
