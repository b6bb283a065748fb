// The integer operators in the place of float ones, as ONNX Runtime's quantize_dynamic writes them: its fusions know this form.
//   (Aq, a_scale, a_zp) = DynamicQuantizeLinear(A)      one for all consumers of A in a body
//   Y = Cast(MatMulInteger(Aq, Bq, a_zp, b_zp)) · (a_scale · b_scale) + bias
import { tensorOf, type Attribute, type Draft, type Node } from '@damson/graph'
import type { Int8Operator } from './int8-choice.ts'

/** Names of the coded tensors of a weight. */
export interface Int8Names {
  readonly codes: string
  readonly scales: string
  readonly zeroPoints: string
}

const none: ReadonlyMap<string, Attribute> = new Map()
const toFloat32: ReadonlyMap<string, Attribute> = new Map([['to', { type: 'int', value: 1n }]])

/** Rewrites a consumer of a coded weight. `rank` is that of the weight, `perChannel` whether it has several scales. */
export function emitInt8(
  draft: Draft, node: Node, use: Int8Operator, names: Int8Names, { rank, perChannel }: { rank: number; perChannel: boolean },
): void {
  if (use === 'Gather') return lookUp(draft, node, names, perChannel)
  const [input = '', , bias = ''] = node.inputs
  if (use !== 'Conv') return multiply(draft, node, 'MatMulInteger', names, { input, bias })
  // [M] to [M, 1, ...]
  const shaped = bias === '' ? '' : reshaped(draft, node, bias, [-1, ...Array.from({ length: rank - 2 }, () => 1)])
  multiply(draft, node, 'ConvInteger', names, { input, bias: shaped })
} // prettier-ignore

function multiply(
  draft: Draft, node: Node, op: 'MatMulInteger' | 'ConvInteger', { codes, scales, zeroPoints }: Int8Names,
  { input, bias }: { readonly input: string; readonly bias: string },
): void {
  const [quantized = '', scale = '', zeroPoint = ''] = quantize(draft, input).outputs
  const attributes = op === 'ConvInteger' ? node.attributes : none
  const origins = node.origins
  const inputs = [quantized, codes, zeroPoint, zeroPoints]
  const whole = first(draft.add({ op, name: `${node.name}_quant`, inputs, attributes, origins }))
  const float = first(draft.add({ op: 'Cast', name: `${node.name}_cast`, inputs: [whole], attributes: toFloat32 }))
  const both = first(draft.add({ op: 'Mul', name: `${node.name}_scales`, inputs: [scale, scales] }))
  if (bias === '') {
    draft.replace(node, { op: 'Mul', inputs: [float, both], attributes: none })
    return
  }
  const product = first(draft.add({ op: 'Mul', name: `${node.name}_scaled`, inputs: [float, both] }))
  draft.replace(node, { op: 'Add', inputs: [product, bias], attributes: none })
} // prettier-ignore

/** The node that codes an activation: the one that is there already, else a new one. */
function quantize(draft: Draft, input: string): Node {
  const there = draft
    .users(input)
    .find(({ node }) => node.op === 'DynamicQuantizeLinear' && node.domain === '')
  if (there) return there.node
  const outputs = ['quantized', 'scale', 'zero_point'].map(each => draft.fresh(`${input}_${each}`))
  return draft.add({ op: 'DynamicQuantizeLinear', name: `${input}_QuantizeLinear`, inputs: [input], outputs })
}

/** A look-up of codes, decoded behind it: only the rows that are looked up. */
function lookUp(
  draft: Draft,
  node: Node,
  { codes, scales, zeroPoints }: Int8Names,
  perColumn: boolean,
): void {
  const [, indices = ''] = node.inputs
  const { attributes, origins } = node
  const found = draft.add({
    op: 'Gather',
    name: `${node.name}_quant`,
    inputs: [codes, indices],
    attributes,
    origins,
  })
  const axis: readonly [string, Attribute] = ['axis', { type: 'int', value: -1n }]
  draft.replace(node, {
    op: 'DequantizeLinear',
    inputs: [first(found), scales, zeroPoints],
    attributes: new Map(perColumn ? [axis] : []),
  })
}

/** A bias in another shape; ONNX Runtime does that once, when it loads the model. */
function reshaped(draft: Draft, node: Node, bias: string, shape: readonly number[]): string {
  const tensor = tensorOf('int64', [shape.length], shape.map(BigInt))
  const there = [...draft.initializers.values()].find(
    ({
      tensor: {
        dtype,
        shape: [length],
        key,
      },
    }) => dtype === 'int64' && length === shape.length && key === tensor.key,
  )
  const wanted = there?.name ?? draft.addInitializer(`bias_shape_${shape.length}`, tensor)
  return first(draft.add({ op: 'Reshape', name: `${node.name}_bias`, inputs: [bias, wanted] }))
}

function first(node: Node): string {
  return node.outputs[0] ?? ''
}
