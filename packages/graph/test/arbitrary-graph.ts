// Random graphs for property tests: every element type, attribute kind and type of value, names as the wild has them.
// The graphs are well-formed values, not valid models: nothing in them computes.
import fc from 'fast-check'
import { byteLengthOf, dataTypes, elementCount, type DataType } from '../src/dtype.ts'
import {
  Body,
  Graph,
  type Attribute,
  type AttributeKind,
  type Dim,
  type FunctionDefinition,
  type Node,
  type SparseTensor,
  type ValueInfo,
  type ValueType,
} from '../src/ir.ts'
import { nodeIdentity } from '../src/scope.ts'
import type { Tensor } from '../src/tensor.ts'
import { memoryTensor, stringTensor } from '../src/tensors/memory-tensor.ts'

const keys = <K extends string>(record: Readonly<Record<K, unknown>>): K[] => {
  const found: K[] = []
  for (const key in record) found.push(key)
  return found
}

const kinds: Record<AttributeKind, true> = {
  'float': true, 'floats': true, 'int': true, 'ints': true, 'string': true, 'strings': true, 'tensor': true,
  'tensors': true, 'sparse-tensor': true, 'sparse-tensors': true, 'graph': true, 'graphs': true, 'type': true,
  'types': true,
} // prettier-ignore

export const identifier: fc.Arbitrary<string> = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/)
const wild = fc.oneof(
  { weight: 4, arbitrary: identifier },
  fc.constantFrom(
    '/down/0::x',
    'a.b',
    'float',
    'nan',
    'inf',
    'seq',
    'x y',
    '"q"',
    'back\\slash',
    'é',
    '1st',
    '#:x',
    '[',
    'a\nb',
  ),
  fc.string({ minLength: 1, maxLength: 6 }),
)
const dataType = fc.constantFrom(...keys(dataTypes))
const text = fc.string({ maxLength: 12 })
const metadata = fc.option(
  fc.uniqueArray(fc.tuple(text, text), { selector: pair => pair[0], minLength: 1, maxLength: 2 }),
  { nil: undefined },
)
const notes = fc.record({ doc: fc.option(text, { nil: undefined }), metadata }).map(said => ({
  ...(said.doc === undefined ? {} : { doc: said.doc }),
  ...(said.metadata === undefined ? {} : { metadata: new Map(said.metadata) }),
}))
const float = fc.float().map(Math.fround)
const shape = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 })
const dim: fc.Arbitrary<Dim> = fc.oneof(
  fc.nat(5),
  fc.constantFrom('N', '2*s', '?', 'batch size'),
  fc.constant(null),
)

export const tensor: fc.Arbitrary<Tensor> = fc
  .tuple(dataType, shape)
  .chain(([dtype, dims]) => tensorOf(dtype, dims))

function tensorOf(dtype: DataType, dims: readonly number[]): fc.Arbitrary<Tensor> {
  const count = elementCount(dims)
  if (dtype === 'string') {
    return fc.array(text, { minLength: count, maxLength: count }).map(strings => stringTensor(dims, strings))
  }
  const length = byteLengthOf(dtype, dims)
  return fc.uint8Array({ minLength: length, maxLength: length }).map(data => memoryTensor(dtype, dims, data))
}

const sparse: fc.Arbitrary<SparseTensor> = fc
  .tuple(fc.constantFrom<DataType>('float32', 'int64'), shape, fc.nat(3))
  .chain(([dtype, dims, count]) =>
    fc.record({
      shape: fc.constant(dims),
      values: tensorOf(dtype, [count]),
      indices: tensorOf('int64', [count]),
    }),
  )

const tensorType = (kind: 'tensor' | 'sparse-tensor'): fc.Arbitrary<ValueType> =>
  fc
    .record({ dtype: dataType, shape: fc.option(fc.array(dim, { maxLength: 3 }), { nil: undefined }) })
    .map(({ dtype, shape: dims }) => (dims ? { kind, dtype, shape: dims } : { kind, dtype }))

export const valueType: fc.Arbitrary<ValueType> = fc.letrec<{ type: ValueType }>(tie => ({
  type: fc.oneof(
    { maxDepth: 2 },
    tensorType('tensor'),
    tensorType('sparse-tensor'),
    fc.constant<ValueType>({ kind: 'tensor' }),
    tie('type').map((element): ValueType => ({ kind: 'sequence', element })),
    tie('type').map((element): ValueType => ({ kind: 'optional', element })),
    fc.tuple(dataType, tie('type')).map(([key, value]): ValueType => ({ kind: 'map', key, value })),
  ),
})).type

const info = (name: fc.Arbitrary<string>): fc.Arbitrary<ValueInfo> =>
  fc
    .tuple(name, fc.option(valueType, { nil: undefined }), notes)
    .map(([each, type, said]) => ({ name: each, ...(type ? { type } : {}), ...said }))
const infos = fc.uniqueArray(info(wild), { selector: each => each.name, maxLength: 3 })

function attribute(depth: number): fc.Arbitrary<Attribute> {
  const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  const string = fc.oneof(text, fc.constant(new Uint8Array([0xff, 0xfe, 0])))
  const list = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(each, { maxLength: 2 })
  const all = [
    float.map((value): Attribute => ({ type: 'float', value })),
    list(float).map((value): Attribute => ({ type: 'floats', value })),
    int.map((value): Attribute => ({ type: 'int', value })),
    list(int).map((value): Attribute => ({ type: 'ints', value })),
    string.map((value): Attribute => ({ type: 'string', value })),
    list(string).map((value): Attribute => ({ type: 'strings', value })),
    tensor.map((value): Attribute => ({ type: 'tensor', value })),
    list(tensor).map((value): Attribute => ({ type: 'tensors', value })),
    sparse.map((value): Attribute => ({ type: 'sparse-tensor', value })),
    list(sparse).map((value): Attribute => ({ type: 'sparse-tensors', value })),
    valueType.map((value): Attribute => ({ type: 'type', value })),
    list(valueType).map((value): Attribute => ({ type: 'types', value })),
    fc
      .tuple(fc.constantFrom(...keys(kinds)), wild)
      .map(([of, value]): Attribute => ({ type: 'reference', of, value })),
  ]
  if (depth === 0) return fc.oneof(...all)
  const inner = body(depth - 1)
  return fc.oneof(
    ...all,
    inner.map((value): Attribute => ({ type: 'graph', value })),
    list(inner).map((value): Attribute => ({ type: 'graphs', value })),
  )
}

function node(depth: number): fc.Arbitrary<Node> {
  const names = fc.array(fc.oneof({ weight: 5, arbitrary: wild }, fc.constant('')), { maxLength: 3 })
  return fc
    .record({
      op: wild,
      domain: fc.oneof(fc.constantFrom('', 'com.microsoft', 'pkg.a-b', 'ai.onnx.ml'), identifier),
      overload: fc.option(identifier, { nil: '' }),
      name: fc.oneof(wild, fc.constant('')),
      inputs: names,
      outputs: names,
      attributes: fc.array(fc.tuple(wild, attribute(depth)), { maxLength: 3 }).map(pairs => new Map(pairs)),
      origins: fc.option(fc.array(wild, { maxLength: 2 }), { nil: undefined }),
      said: notes,
    })
    .map(({ said, origins, overload, ...rest }) => {
      const made = { ...rest, ...(overload === '' ? {} : { overload }), ...said, origins: [] }
      return { ...made, origins: origins ?? [nodeIdentity(made)] }
    })
}

export function body(depth: number): fc.Arbitrary<Body> {
  return fc
    .record({
      name: fc.oneof(wild, fc.constant('')),
      inputs: infos,
      outputs: infos,
      initializers: fc
        .uniqueArray(fc.tuple(wild, tensor, notes), { selector: each => each[0], maxLength: 3 })
        .map(
          all =>
            new Map(
              all.map(([name, value, said]) => [name, { name, tensor: value, origins: [name], ...said }]),
            ),
        ),
      sparseInitializers: fc.array(fc.tuple(identifier, sparse), { maxLength: 1 }).map(all => new Map(all)),
      nodes: fc.array(node(depth), { maxLength: 3 }),
      types: infos.map(all => new Map(all.map(each => [each.name, each]))),
      said: notes,
    })
    .map(({ said, sparseInitializers, ...rest }) => {
      const apart = new Map([...sparseInitializers].filter(([name]) => !rest.initializers.has(name)))
      return new Body({ ...rest, sparseInitializers: apart, ...said })
    })
}

const opsets = fc.constant(new Map([['', 21]]))

const functionDefinition: fc.Arbitrary<FunctionDefinition> = fc
  .record({
    name: wild,
    domain: identifier,
    overload: fc.option(identifier, { nil: '' }),
    inputs: fc.uniqueArray(wild, { maxLength: 2 }),
    outputs: fc.uniqueArray(wild, { maxLength: 2 }),
    attributes: fc.uniqueArray(identifier, { maxLength: 2 }),
    defaults: fc.array(fc.tuple(identifier, attribute(0)), { maxLength: 2 }).map(all => new Map(all)),
    nodes: fc.array(node(0), { maxLength: 2 }),
    types: infos.map(all => new Map(all.map(each => [each.name, each]))),
    opsets,
    said: notes,
  })
  .map(({ said, overload, ...rest }) => ({ ...rest, ...said, ...(overload === '' ? {} : { overload }) }))

/** Models with nested graphs, functions and everything the header may say. */
export const graph: fc.Arbitrary<Graph> = fc
  .record({
    body: body(2),
    functions: fc.array(functionDefinition, { maxLength: 2 }),
    producer: fc.record({ name: text, version: text }),
    domain: text,
    modelVersion: fc.bigInt({ min: 0n, max: 99n }),
    doc: text,
    metadata,
  })
  .map(({ body: inner, metadata: said, ...header }) => {
    const opsetsHere = new Map([['', 21], ['com.microsoft', 1]]) // prettier-ignore
    const whole = {
      ...header,
      irVersion: 10,
      opsets: opsetsHere,
      ...(said ? { metadata: new Map(said) } : {}),
    }
    return new Graph({ ...inner.fields(), header: whole })
  })
