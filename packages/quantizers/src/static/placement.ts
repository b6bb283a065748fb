// Writes the pairs. Of a value that an integer node makes, everybody reads what was coded:
//   node → v_before → QuantizeLinear → DequantizeLinear → v
// of another one only the integer nodes do; the value itself stays as it is:
//   v → QuantizeLinear → DequantizeLinear → v_coded → integer nodes
import { Draft, elementCount, numbers, tensorOf, type Attribute, type DataType, type Graph, type Node, type Tensor, type Weight } from '@damson/graph' // prettier-ignore
import { float32, startDecoding } from '../block-decoding.ts'
import {
  codingOf,
  halfEven,
  scaleTensor,
  zeroPointTensor,
  type ActivationType,
  type Coding,
} from './codes.ts'
import type { Between, IntegerNode, Product } from './integer-nodes.ts'
import { pairsOf, type Pair } from './pairs.ts'
import { placeTable, type CodedTable } from './tables.ts'

/** The coded form of a product's constants. */
export interface CodedProduct {
  readonly product: Product
  readonly codes: Tensor
  /** [channels] */
  readonly scales: Float32Array
  /** [channels], with everything that was corrected; absent when there is none and none is needed. */
  readonly bias: Float32Array | undefined
}

export interface Placement {
  /** Nodes that are to run in integers. */
  readonly nodes: readonly IntegerNode[]
  /** Every product whose weight is coded, those that stay in floating point too. */
  readonly products: readonly CodedProduct[]
  readonly tables: readonly CodedTable[]
  /** By range (`Pair.range`). */
  readonly codings: ReadonlyMap<string, Coding>
  readonly type: ActivationType
}

/** The graph with coded weights and with the pairs of its integer nodes. */
export function withPairs(graph: Graph, placement: Placement): Graph {
  const draft = new Draft(graph)
  const pairs = pairsOf(placement.nodes)
  const integer = new Set(placement.nodes.map(({ node }) => node))
  for (const coded of placement.products) placeProduct(draft, coded, integer.has(coded.product.node), placement.codings, pairs)
  for (const table of placement.tables) placeTable(draft, table)
  for (const node of placement.nodes) if (node.kind === 'between') placeConstants(draft, node, placement.type)
  for (const pair of pairs.values()) {
    const coding = placement.codings.get(pair.range)
    if (coding) placePair(draft, pair, coding)
  }
  const body = draft.finish()
  return graph.with({ nodes: body.nodes, initializers: body.initializers, inputs: body.inputs, types: body.types })
} // prettier-ignore

function placePair(draft: Draft, { value, range, made, readers }: Pair, coding: Coding): void {
  const own = [
    sharedInitializer(draft, `${range}_scale`, scaleTensor(coding)),
    sharedInitializer(draft, `${range}_zero_point`, zeroPointTensor(coding)),
  ]
  const codes = draft.fresh(`${value}_quantized`)
  const producer = draft.producer(value)
  if (made && producer) {
    const before = draft.fresh(`${value}_before`)
    draft.replace(producer, { outputs: producer.outputs.map(name => (name === value ? before : name)) })
    addCodec(draft, 'QuantizeLinear', [before, ...own], codes)
    addCodec(draft, 'DequantizeLinear', [codes, ...own], value)
    return
  }
  const coded = draft.fresh(`${value}_coded`)
  const nodes = new Set(readers.map(({ node }) => draft.current(node)))
  draft.redirect(value, coded, ({ node, input }) => nodes.has(draft.current(node)) && input !== undefined)
  addCodec(draft, 'QuantizeLinear', [value, ...own], codes)
  addCodec(draft, 'DequantizeLinear', [codes, ...own], coded)
}

function addCodec(
  draft: Draft,
  op: 'QuantizeLinear' | 'DequantizeLinear',
  inputs: readonly string[],
  output: string,
  axis?: number,
): void {
  const attributes: Node['attributes'] = new Map(
    axis === undefined ? [] : [['axis', { type: 'int', value: BigInt(axis) } satisfies Attribute]],
  )
  draft.add({ op, name: `${output}_${op}`, inputs, outputs: [output], attributes })
}

/** The weight as codes in front of the product; the bias as codes of s_x · s_w, where x is coded. */
function placeProduct(
  draft: Draft,
  { product, codes, scales, bias }: CodedProduct,
  isInteger: boolean,
  codings: ReadonlyMap<string, Coding>,
  pairs: ReadonlyMap<string, Pair>,
): void {
  const { node, weight, axis } = product
  const inputs = [...draft.current(node).inputs]
  inputs[1] = (isInteger ? decodedWeight : widenedWeight)(draft, weight, codes, scales, axis)
  const name = product.bias?.name ?? `${node.outputs[0] ?? node.name}_bias`
  const coding = codings.get(pairs.get(product.inputs[0] ?? '')?.range ?? '')
  if (bias && node.op !== 'MatMul') {
    inputs[2] =
      isInteger && coding
        ? decodedBias(draft, name, bias, scales.map(scale => Math.fround(scale * coding.scale)))
        : sharedInitializer(draft, `${name}_float`, tensorOf('float32', [bias.length], [...bias]))
  }
  draft.replace(node, { inputs })
  for (const old of [weight.name, product.bias?.name]) {
    if (old !== undefined && draft.initializers.has(old) && draft.users(old).length === 0) draft.removeInitializer(old)
  }
} // prettier-ignore

/** One DequantizeLinear for all integer consumers of a weight. */
function decodedWeight(
  draft: Draft, { name, origins }: Weight, codes: Tensor, scales: Float32Array, axis: number,
): string {
  const output = `${name}_decoded`
  if (draft.producer(output)) return output
  const inputs = [
    sharedInitializer(draft, `${name}_quantized`, codes, origins),
    sharedInitializer(draft, `${name}_scale`, tensorOf('float32', [scales.length], [...scales]), origins),
    sharedInitializer(draft, `${name}_zero_point`, middles(codes.dtype, scales.length), origins),
  ]
  addCodec(draft, 'DequantizeLinear', inputs, output, axis)
  return output
} // prettier-ignore

/**
 * s · q for products in floating point, in operators that ONNX Runtime folds when it makes a session. A DequantizeLinear it keeps,
 * and decodes in every run; a convolution behind one loses its blocks, a matrix product becomes a slower MatMulNBits.
 */
function widenedWeight(
  draft: Draft, { name, origins }: Weight, codes: Tensor, scales: Float32Array, axis: number,
): string {
  const output = `${name}_widened`
  if (draft.producer(output)) return output
  const build = startDecoding(draft)
  const numbers = build.cast(sharedInitializer(draft, `${name}_quantized`, codes, origins), float32)
  const shifted = codes.dtype === 'uint8' ? build.add('Sub', [numbers, build.number('middle', 128)]) : numbers
  const shape = [scales.length, ...codes.shape.slice(axis + 1).map(() => 1)]
  const factors = sharedInitializer(draft, `${name}_factors`, tensorOf('float32', shape, [...scales]), origins)
  draft.add({ op: 'Mul', name: `${output}_Mul`, inputs: [shifted, factors], outputs: [output] })
  return output
} // prettier-ignore

/** The code of 0, for each channel. */
function middles(type: DataType, length: number): Tensor {
  const middle = type === 'uint8' ? 128 : 0
  return tensorOf(
    type,
    [length],
    Array.from({ length }, () => middle),
  )
}

function decodedBias(draft: Draft, name: string, bias: Float32Array, scales: Float32Array): string {
  const codes = Array.from(bias, (value, at) => halfEven(value / (scales[at] ?? 1)))
  const limited = codes.map(code => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, code)))
  const inputs = [
    draft.addInitializer(`${name}_quantized`, tensorOf('int32', [bias.length], limited)),
    draft.addInitializer(`${name}_scale`, tensorOf('float32', [bias.length], [...scales])),
  ]
  const output = draft.fresh(`${name}_decoded`)
  addCodec(draft, 'DequantizeLinear', inputs, output, 0)
  return output
} // prettier-ignore

/** Constants that a node between products reads, coded over their own range. */
function placeConstants(draft: Draft, { node }: Between, type: ActivationType): void {
  const inputs = draft.current(node).inputs.map(name => {
    const tensor = node.op === 'Add' || node.op === 'Mul' || node.op === 'Concat' ? draft.initializers.get(name)?.tensor : undefined
    const values = tensor && numbers(tensor)
    if (!tensor || !values || elementCount(tensor.shape) === 0) return name
    const coding = codingOf(type, { min: Math.min(...values), max: Math.max(...values) })
    const own = [
      sharedInitializer(draft, `${name}_scale`, scaleTensor(coding)),
      sharedInitializer(draft, `${name}_zero_point`, zeroPointTensor(coding)),
    ]
    const output = draft.fresh(`${name}_coded`)
    const codes = values.map(value => Math.min(levelTop(type), Math.max(levelBottom(type), halfEven(value / coding.scale) + coding.zeroPoint)))
    addCodec(draft, 'DequantizeLinear', [draft.addInitializer(`${name}_quantized`, tensorOf(type, tensor.shape, codes)), ...own], output)
    return output
  })
  draft.replace(node, { inputs })
} // prettier-ignore

const levelTop = (type: ActivationType): number => (type === 'int8' ? 127 : type === 'uint8' ? 255 : 65535)
const levelBottom = (type: ActivationType): number => (type === 'int8' ? -128 : 0)

/** An initializer under this name, or one that is there and equal. */
function sharedInitializer(
  draft: Draft,
  name: string,
  tensor: Tensor,
  origins: readonly string[] = [],
): string {
  const there = draft.initializers.get(name)
  if (there?.tensor.key === tensor.key) return name
  return draft.addInitializer(name, tensor, { origins })
}
