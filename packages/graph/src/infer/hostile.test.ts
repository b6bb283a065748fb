// Models that nobody meant: attributes of the wrong kind, shapes of any rank, inputs missing, axes outside. Inference ends,
// throws nothing, and comes to the same result when asked again.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { operatorsOf } from '../ops/schema.ts'
import { Graph, type Attribute, type Dim, type Node, type ValueInfo } from '../ir.ts'
import { tensorOf } from '../tensors/memory-tensor.ts'
import { infer } from './infer.ts'

const dim = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.constantFrom<Dim>('n', 'm + 1', '(h//2)', null, -3, 2 ** 52),
)
const input = (name: string): fc.Arbitrary<ValueInfo> =>
  fc
    .record({
      dtype: fc.constantFrom('float32', 'int64', 'bool', 'string'),
      shape: fc.array(dim, { maxLength: 5 }),
    })
    .map(({ dtype, shape }): ValueInfo => ({ name, type: { kind: 'tensor', dtype, shape } }))
const integer = fc.oneof(fc.integer({ min: -7, max: 7 }), fc.constantFrom(2 ** 40, -(2 ** 40))).map(BigInt)
const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  integer.map((value): Attribute => ({ type: 'int', value })),
  fc.array(integer, { maxLength: 6 }).map((value): Attribute => ({ type: 'ints', value })),
  fc.string({ maxLength: 8 }).map((value): Attribute => ({ type: 'string', value })),
  fc
    .constantFrom('ij,jk->ik', 'SAME_UPPER', '...', 'a->', 'not_larger')
    .map((value): Attribute => ({ type: 'string', value })),
  fc.array(fc.double(), { maxLength: 4 }).map((value): Attribute => ({ type: 'floats', value })),
)
const attributeNames = [
  'axis', 'axes', 'perm', 'to', 'shape', 'split', 'keepdims', 'kernel_shape', 'strides', 'pads', 'dilations', 'auto_pad', 'equation',
  'group', 'num_outputs', 'blocksize', 'k', 'starts', 'ends', 'value_ints', 'output_shape', 'num_scan_inputs', 'batch_dims', 'scales',
] // prettier-ignore
const inputNames = ['a', 'b', 'c', 'ints', 'floats', '', 'nowhere', 'y0']

const operators = ['', 'com.microsoft'].flatMap(domain => operatorsOf(domain).map(op => ({ domain, op })))

const node = (at: number): fc.Arbitrary<Node> =>
  fc
    .record({
      operator: fc.constantFrom(...operators),
      inputs: fc.array(fc.constantFrom(...inputNames, `y${Math.max(0, at - 1)}`), { maxLength: 6 }),
      attributes: fc.array(fc.tuple(fc.constantFrom(...attributeNames), attribute), { maxLength: 6 }),
    })
    .map(
      ({ operator, inputs, attributes }): Node => ({
      ...operator, name: '', inputs, outputs: [`y${at}`, `z${at}`], attributes: new Map(attributes), origins: [],
    }), // prettier-ignore
    )

const graphs = fc
  .record({
    inputs: fc.tuple(input('a'), input('b'), input('c')),
    nodes: fc.tuple(...Array.from({ length: 8 }, (_, at) => node(at))),
    opset: fc.integer({ min: 1, max: 24 }),
    ints: fc.array(integer, { maxLength: 5 }),
  })
  .map(({ inputs, nodes, opset, ints }) => {
    const tensors = [
      ['ints', tensorOf('int64', [ints.length], ints)],
      ['floats', tensorOf('float32', [3], [0.5, NaN, -Infinity])],
    ] as const
    return new Graph({
      name: 'g', inputs, nodes, outputs: [{ name: 'y7' }],
      initializers: new Map(tensors.map(([name, tensor]) => [name, { name, tensor, origins: [] }])),
      header: { irVersion: 8, functions: [], opsets: new Map([['', opset], ['com.microsoft', 1]]) },
    }) // prettier-ignore
  })

test('any operator with any inputs and attributes: no throw, no negative size, the same twice', () => {
  fc.assert(
    fc.property(graphs, graph => {
      const { graph: typed, problems } = infer(graph)
      for (const { type } of typed.types.values())
        if (type?.kind === 'tensor')
          expect(
            type.shape?.every(
              each => typeof each !== 'number' || (each >= 0 && Number.isSafeInteger(each)),
            ) ?? true,
          ).toBe(true)
      expect(infer(graph).problems).toEqual(problems)
    }),
    { numRuns: 1500, seed: 7 },
  )
})
