// The integer operators in the place of float ones, as ONNX Runtime's quantize_dynamic writes them:
//   (Aq, a_scale, a_zp) = DynamicQuantizeLinear(A)      one for all consumers of A in a body
//   Y = Cast(MatMulInteger(Aq, Bq, a_zp, b_zp)) · (a_scale · b_scale) + bias
// or, fused, as the kernels that ONNX Runtime makes of that form when it makes a session (int8-activations.ts).
import {
  floatOf,
  intOf,
  tensorOf,
  type Attribute,
  type Draft,
  type Node,
  type NodeFields,
} from '@damson/graph'
import { fusedProduct, isReading, quantize } from './int8-activations.ts'

/** Names of the coded tensors of a weight. */
export interface Int8Names {
  readonly codes: string
  readonly scales: string
  readonly zeroPoints: string
  /** Sums of channels, '' where nobody asked for them. */
  readonly sums: string
}

/** What of a weight shows in the operators that read it. */
export interface Int8Form {
  readonly rank: number
  readonly perChannel: boolean
  /** The weight was float16, and so is what its consumers read and make. */
  readonly half: boolean
  /** Codes lie as [N, K] although a product reads them: they are looked up too. */
  readonly unturned: boolean
  /** N of a matrix. */
  readonly columns: number
  /** Products in the operators of com.microsoft that are a product and its scales in one. */
  readonly fused: boolean
}

const none: ReadonlyMap<string, Attribute> = new Map()
const int = (value: number): Attribute => ({ type: 'int', value: BigInt(value) })
const float32 = 1
const float16 = 10

/** Y = A · B with coded B, and for a Gemm alpha · A' · B + beta · C; fused, with the `sum` behind it. */
export function emitProduct(draft: Draft, reader: Node, names: Int8Names, form: Int8Form, sum?: Node): void {
  const node = sum ? withRow(draft, reader, sum) : draft.current(reader)
  const { half, unturned } = form
  const isGemm = node.op === 'Gemm'
  const [input = '', , bias = ''] = node.inputs
  const rows = isGemm && intOf(node, 'transA', 0) !== 0 ? exchanged(draft, input) : input
  const codes = unturned ? exchanged(draft, names.codes) : names.codes
  // Constants alone: ONNX Runtime multiplies them once, when it loads the model.
  const scales = times(draft, names.scales, isGemm ? floatOf(node, 'alpha', 1) : 1)
  const added = times(draft, single(draft, bias, half), isGemm ? floatOf(node, 'beta', 1) : 1)
  const whole = { input: single(draft, rows, half), bias: added, half }
  const coded = { ...names, codes, scales }
  if (form.fused) multiplyFused(draft, node, coded, { ...whole, fits: isRow(draft, bias, form) })
  else multiply(draft, node, { op: 'MatMulInteger', attributes: none }, coded, whole)
}

/** The product with the row that is added behind it as its third input, as a Gemm has it. */
function withRow(draft: Draft, reader: Node, sum: Node): Node {
  const product = draft.current(reader)
  const [a = '', b = ''] = product.inputs
  const row = sum.inputs.find(each => !product.outputs.includes(each)) ?? ''
  draft.remove(sum)
  const origins = [...new Set([...product.origins, ...sum.origins])]
  return draft.replace(product, { inputs: [a, b, row], outputs: sum.outputs, origins })
}

/** A bias [N], which the operators of com.microsoft add themselves. */
function isRow(draft: Draft, bias: string, { columns }: Int8Form): boolean {
  const type = bias === '' ? undefined : draft.typeOf(bias)
  return type?.kind === 'tensor' && type.shape?.length === 1 && type.shape[0] === columns
}

function multiplyFused(
  draft: Draft, node: Node, coded: Int8Names,
  { input, bias, half, fits }: Around & { readonly input: string; readonly fits: boolean },
): void {
  const { name, origins } = node
  const product = fusedProduct(draft, input, { ...coded, bias: fits ? bias : '' })
  if (bias === '' || fits) return put(draft, node, { ...product, origins }, half)
  const sum = first(draft.add({ ...product, name: `${name}_quant`, origins }))
  put(draft, node, { op: 'Add', inputs: [sum, bias], attributes: none }, half)
} // prettier-ignore

/** Y = A · B with coded A, whose zero point is the same for all rows. */
export function emitLeft(
  draft: Draft,
  node: Node,
  { codes, scales, zeroPoints }: Int8Names,
  { half }: Int8Form,
): void {
  const input = single(draft, node.inputs[1] ?? '', half)
  const [quantized = '', scale = '', zeroPoint = ''] = quantize(draft, input).outputs
  const call = { op: 'MatMulInteger', attributes: none } as const
  const inputs = [codes, quantized, zeroPoints, zeroPoint]
  scaled(draft, node, { ...call, inputs }, [scale, scales], { bias: '', half })
}

/** A convolution; its bias [M] is added as [M, 1, ...]. */
export function emitConv(draft: Draft, node: Node, names: Int8Names, { rank, half }: Int8Form): void {
  const [input = '', , bias = ''] = node.inputs
  const shape = [-1, ...Array.from({ length: rank - 2 }, () => 1)]
  const added = bias === '' ? '' : reshaped(draft, single(draft, bias, half), shape)
  const call = { op: 'ConvInteger', attributes: node.attributes } as const
  multiply(draft, node, call, names, { input: single(draft, input, half), bias: added, half })
}

interface Call {
  readonly op: 'MatMulInteger' | 'ConvInteger'
  readonly attributes: ReadonlyMap<string, Attribute>
}
interface Around {
  readonly bias: string
  readonly half: boolean
}

function multiply(
  draft: Draft, node: Node, call: Call, { codes, scales, zeroPoints }: Int8Names,
  { input, ...around }: Around & { readonly input: string },
): void {
  const [quantized = '', scale = '', zeroPoint = ''] = quantize(draft, input).outputs
  scaled(draft, node, { ...call, inputs: [quantized, codes, zeroPoint, zeroPoints] }, [scale, scales], around)
} // prettier-ignore

/** The sums of products of codes as the numbers that they mean. */
function scaled(
  draft: Draft, node: Node, call: Call & { readonly inputs: readonly string[] }, scales: readonly string[],
  { bias, half }: Around,
): void {
  const { name, origins } = node
  const made = (op: string, suffix: string, inputs: readonly string[], attributes = none): string =>
    first(draft.add({ op, name: `${name}_${suffix}`, inputs, attributes }))
  const whole = first(draft.add({ ...call, name: `${name}_quant`, origins }))
  const float = made('Cast', 'cast', [whole], new Map([['to', int(float32)]]))
  const both = made('Mul', 'scales', scales)
  const add = bias === '' ? { op: 'Mul', inputs: [float, both] } : { op: 'Add', inputs: [made('Mul', 'scaled', [float, both]), bias] }
  put(draft, node, { ...add, attributes: none }, half)
} // prettier-ignore

/** A node in the place of another, whose readers get float16 if that is what it made. */
function put(draft: Draft, node: Node, fields: NodeFields, half: boolean): void {
  if (!half) draft.replace(node, fields)
  else draft.replace(node, { op: 'Cast', inputs: [first(draft.add({ name: `${node.name}_float`, ...fields }))], attributes: new Map([['to', int(float16)]]) })
} // prettier-ignore

/** A look-up of codes, decoded behind it: only the rows that are looked up. */
export function emitLookUp(draft: Draft, node: Node, names: Int8Names, form: Int8Form): void {
  const [, indices = ''] = node.inputs
  const { attributes, origins, name } = node
  const found = first(draft.add({ op: 'Gather', name: `${name}_quant`, inputs: [names.codes, indices], attributes, origins }))
  const { half, perChannel, unturned } = form
  if (unturned && perChannel) return decodeRows(draft, node, found, names, half)
  const axis = new Map(perChannel ? [['axis', int(-1)] as const] : [])
  const decoding = { op: 'DequantizeLinear', inputs: [found, names.scales, names.zeroPoints], attributes: axis }
  put(draft, node, decoding, half)
} // prettier-ignore

/** Each row has a scale and a zero point of its own, looked up as the row is: DequantizeLinear has no such form. */
function decodeRows(draft: Draft, node: Node, found: string, { scales, zeroPoints }: Int8Names, half: boolean): void {
  const [, indices = ''] = node.inputs
  const ofRow = (each: string): string =>
    first(draft.add({ op: 'Gather', inputs: [reshaped(draft, each, [-1, 1]), indices] }))
  const one = draft.addInitializer('one', tensorOf('float32', [], [1]))
  const { origins } = node
  const numbers = draft.add({ op: 'DequantizeLinear', inputs: [found, one], origins })
  const shifted = draft.add({ op: 'Sub', inputs: [first(numbers), toFloat(draft, ofRow(zeroPoints))] })
  const last = draft.add({ op: 'Mul', inputs: [first(shifted), ofRow(scales)] })
  draft.remove(node)
  const cast = (): Node => draft.add({ op: 'Cast', inputs: [first(last)], attributes: new Map([['to', int(float16)]]) })
  draft.replace(half ? cast() : last, { outputs: node.outputs })
} // prettier-ignore

/** What a node of this kind makes of these inputs already, else what a new one makes. */
function once(draft: Draft, op: string, inputs: readonly string[], attributes = none): string {
  const there = draft.users(inputs[0] ?? '').find(({ node }) => isReading(node, op, inputs, attributes))?.node
  return first(there ?? draft.add({ op, name: `${inputs[0] ?? ''}_${op}`, inputs, attributes }))
}

/** The last two axes exchanged; of constants ONNX Runtime does that once, when it loads the model. */
const exchanged = (draft: Draft, value: string): string =>
  once(draft, 'Transpose', [value], new Map([['perm', { type: 'ints', value: [1n, 0n] }]]))

export const toFloat = (draft: Draft, value: string): string =>
  once(draft, 'Cast', [value], new Map([['to', int(float32)]]))

const single = (draft: Draft, value: string, half: boolean): string =>
  half && value !== '' ? toFloat(draft, value) : value

function times(draft: Draft, value: string, factor: number): string {
  if (factor === 1 || value === '') return value
  const scalar = draft.addInitializer('factor', tensorOf('float32', [], [factor]))
  return first(draft.add({ op: 'Mul', inputs: [value, scalar] }))
}

/** A constant in another shape; ONNX Runtime does that once, when it loads the model. */
export function reshaped(draft: Draft, value: string, shape: readonly number[]): string {
  const tensor = tensorOf('int64', [shape.length], shape.map(BigInt))
  const there = [...draft.initializers.values()].find(each => each.tensor.dtype === 'int64' && each.tensor.key === tensor.key)
  const wanted = there?.name ?? draft.addInitializer(`shape_${shape.length}`, tensor)
  return once(draft, 'Reshape', [value, wanted])
} // prettier-ignore

export function first(node: Node): string {
  return node.outputs[0] ?? ''
}
