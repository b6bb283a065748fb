// Integer products with a scale and an offset for each row of activations, and float products for outlier columns. ŵ are the
// decoded weights, O the outlier columns, whose rows of ŵ are zero:
//   s = (max x − min x) / 255 over the columns not in O, for each row;   q = round((x − min x) / s)
//   y = s · s_w · Σ q (w_q − w_z)  +  min x · Σ ŵ  +  Σ_O x · w
// The paper takes max|x| / 127 instead, which leaves half the codes unused behind an activation that is never negative.
import {
  floatOf,
  intOf,
  memoryTensor,
  tensorOf,
  type Attribute,
  type Draft,
  type Node,
  type NodeFields,
  type Tensor,
  type Use,
} from '@damson/graph'
import { isReading } from './int8-activations.ts'
import type { Int8Form, Int8Names } from './int8-operators.ts'

/** Outlier columns by their places, their rows of the weight [columns, N], and the name of the weight. */
interface OutlierRows {
  readonly columns: readonly number[]
  readonly tensor: Tensor
  readonly name: string
}

/** What of a product does not show in its nodes. */
export interface RowWise {
  /** Length of a row. */
  readonly K: number
  readonly outliers: OutlierRows | undefined
  readonly opset: number
}

const int = (value: number): Attribute => ({ type: 'int', value: BigInt(value) })
const [float32, float16] = [1, 10]

/** Y = A · B with coded B, and for a Gemm alpha · A' · B + beta · C. */
export function emitRowWise(draft: Draft, reader: Node, names: Int8Names, form: Int8Form, how: RowWise): void {
  const { half, unturned } = form
  const node = draft.current(reader)
  const { once, times } = graphWriter(draft)
  const float = (value: string): string => (half ? once('Cast', [value], { to: int(float32) }) : value)
  const turned = (value: string): string => once('Transpose', [value], { perm: { type: 'ints', value: [1n, 0n] } })
  const [input = '', , bias = ''] = node.inputs
  const isGemm = node.op === 'Gemm'
  const x = float(isGemm && intOf(node, 'transA', 0) !== 0 ? turned(input) : input)
  const given = { ...names, codes: unturned ? turned(names.codes) : names.codes }
  let y = integerProduct(draft, node, x, given, { ...how, product: form.fused ? fusedProduct : standardProduct })
  if (how.outliers) y = once('Add', [y, floatProduct(draft, x, how.outliers, float)])
  if (isGemm) y = times(y, floatOf(node, 'alpha', 1))
  if (bias !== '') y = once('Add', [y, times(float(bias), isGemm ? floatOf(node, 'beta', 1) : 1)])
  if (half) y = once('Cast', [y], { to: int(float16) })
  const last = draft.producer(y)
  if (!last) return
  draft.remove(last)
  draft.replace(node, { op: last.op, inputs: last.inputs, attributes: last.attributes })
} // prettier-ignore

function integerProduct(
  draft: Draft, { name, origins }: Node, x: string, weight: Int8Names, how: RowWise & { readonly product: Product },
): string {
  const { once } = graphWriter(draft)
  const { least, scale, quantized } = codedRows(draft, x, how)
  const product = how.product(draft, quantized, weight, { name: `${name}_quant`, origins })
  return once('Add', [once('Mul', [product, scale]), once('Mul', [least, weight.sums])])
} // prettier-ignore

/** s_w · Σ q (w_q − w_z) for codes q that have no zero point. */
type Product = (draft: Draft, quantized: string, weight: Int8Names, product: OwnNode) => string

/** One operator of com.microsoft, which takes one matrix alone. */
const fusedProduct: Product = (draft, quantized, { codes, scales, zeroPoints }, product) => {
  const { constant, once } = graphWriter(draft)
  const [one, none] = [constant('one', tensorOf('float32', [], [1])), constant('none', tensorOf('uint8', [], [0]))]
  const inputs = [quantized, codes, one, scales, none, zeroPoints]
  return once('MatMulIntegerToFloat', inputs, {}, { domain: 'com.microsoft', ...product })
} // prettier-ignore

const standardProduct: Product = (draft, quantized, { codes, scales, zeroPoints }, product) => {
  const { constant, once } = graphWriter(draft)
  const none = constant('none', tensorOf('uint8', [], [0]))
  const whole = once('MatMulInteger', [quantized, codes, none, zeroPoints], {}, product)
  return once('Mul', [once('Cast', [whole], { to: int(float32) }), scales])
}

/** Codes of an activation, once for all its consumers: q, s and min x of each row. */
function codedRows(draft: Draft, x: string, { K, outliers, opset }: RowWise) {
  const { once, constant } = graphWriter(draft)
  const scalar = (hint: string, value: number): string => constant(hint, tensorOf('float32', [], [value]))
  const inner = outliers ? once('Mul', [x, constant('kept', maskOf(outliers.columns, K))]) : x
  const keepdims = int(1)
  const extreme = (op: 'ReduceMax' | 'ReduceMin'): string =>
    opset < 18
      ? once(op, [inner], { axes: { type: 'ints', value: [-1n] }, keepdims })
      : once(op, [inner, constant('last', tensorOf('int64', [1], [-1n]))], { keepdims })
  const least = extreme('ReduceMin')
  const width = once('Mul', [once('Sub', [extreme('ReduceMax'), least]), scalar('steps', 1 / 255)])
  // A row of equal numbers has no width; any scale codes it as zeros.
  const scale = once('Max', [width, scalar('tiny', 1e-30)])
  const steps = once('Div', [once('Sub', [inner, least]), scale])
  const zero = constant('none', tensorOf('uint8', [], [0]))
  return { least, scale, quantized: once('QuantizeLinear', [steps, scalar('one', 1), zero]) }
}

function maskOf(columns: readonly number[], K: number): Tensor {
  const mask = new Float32Array(K).fill(1)
  for (const column of columns) mask[column] = 0
  return memoryTensor('float32', [K], mask)
}

/** The rows are damson's own: who asks for the weight finds its codes. */
function floatProduct(
  draft: Draft, x: string, { columns, tensor, name }: OutlierRows, float: (value: string) => string,
): string {
  const { once, constant } = graphWriter(draft)
  const places = constant('outliers', memoryTensor('int64', [columns.length], BigInt64Array.from(columns, BigInt)))
  const rows = float(constant(`${name}_outliers`, tensor))
  return once('MatMul', [once('Gather', [x, places], { axis: int(-1) }), rows])
} // prettier-ignore

/** What a node is beside its operator; one with origins is made in any case. */
type OwnNode = Pick<Partial<NodeFields>, 'domain' | 'name' | 'origins'>

/** Nodes that are made once for the same inputs, and constants that are kept once. */
function graphWriter(draft: Draft) {
  const constant = (hint: string, tensor: Tensor): string => {
    for (const [name, known] of draft.initializers) if (known.tensor.key === tensor.key) return name
    return draft.addInitializer(hint, tensor)
  }
  const once = (op: string, inputs: readonly string[], fields: Readonly<Record<string, Attribute>> = {}, own: OwnNode = {}): string => {
    const attributes = new Map(Object.entries(fields))
    const isThere = ({ node }: Use): boolean => isReading(node, op, inputs, attributes, own.domain)
    const there = own.origins ? undefined : draft.users(inputs[0] ?? '').find(isThere)?.node
    return (there ?? draft.add({ op, inputs, attributes, ...own })).outputs[0] ?? ''
  }
  const times = (value: string, factor: number): string =>
    factor === 1 ? value : once('Mul', [value, constant('factor', tensorOf('float32', [], [factor]))])
  return { constant, once, times }
} // prettier-ignore
