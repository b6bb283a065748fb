// Activations of integer products, coded while the model runs. Who reads the same one in a body shares its codes:
//   (Aq, a_scale, a_zp) = DynamicQuantizeLinear(A)
//   Y = MatMulIntegerToFloat(Aq, Bq, a_scale, b_scale, a_zp, b_zp, bias)
// and what is the only product of an activation codes it itself:
//   Y = DynamicQuantizeMatMul(A, Bq, b_scale, b_zp, bias)
// Both operators are of com.microsoft. ONNX Runtime makes them of DynamicQuantizeLinear → MatMulInteger → Cast → Mul → Add when
// it makes a session, so outputs are the same bits; a file that has them already is made into a session sooner.
import type { Attribute, Draft, Node } from '@damson/graph'

/** The coded weight of a product, and what is added to it: '' for nothing. */
export interface CodedSide {
  readonly codes: string
  readonly scales: string
  readonly zeroPoints: string
  readonly bias: string
}

type Fields = Pick<Node, 'op' | 'domain' | 'inputs' | 'attributes'>

const none: ReadonlyMap<string, Attribute> = new Map()
const microsoft = 'com.microsoft'

/** The node that codes an activation: the one that is there already, else a new one. Products that coded it themselves read it. */
export function quantize(draft: Draft, input: string): Node {
  const users = draft.users(input).map(({ node }) => node)
  const there = users.find(node => isReading(node, 'DynamicQuantizeLinear', [input], none))
  if (there) return there
  const outputs = ['quantized', 'scale', 'zero_point'].map(each => draft.fresh(`${input}_${each}`))
  const made = draft.add({ op: 'DynamicQuantizeLinear', name: `${input}_QuantizeLinear`, inputs: [input], outputs }) // prettier-ignore
  for (const node of users.filter(each => codesItself(each, input))) {
    const [, codes = '', scales = '', zeroPoints = '', bias = ''] = node.inputs
    draft.replace(node, ofCodes(made, { codes, scales, zeroPoints, bias }))
  }
  return made
}

/** The operator, of com.microsoft, for the product of an activation with a coded matrix. */
export function fusedProduct(draft: Draft, input: string, side: CodedSide): Fields {
  const users = draft.users(input).map(({ node }) => node)
  const shared = users.some(
    node => codesItself(node, input) || isReading(node, 'DynamicQuantizeLinear', [input], none),
  )
  if (shared) return ofCodes(quantize(draft, input), side)
  const { codes, scales, zeroPoints, bias } = side
  return fields('DynamicQuantizeMatMul', [input, codes, scales, zeroPoints, bias])
}

function ofCodes(quantized: Node, { codes, scales, zeroPoints, bias }: CodedSide): Fields {
  const [coded = '', scale = '', zeroPoint = ''] = quantized.outputs
  return fields('MatMulIntegerToFloat', [coded, codes, scale, scales, zeroPoint, zeroPoints, bias])
}

const codesItself = (node: Node, input: string): boolean =>
  node.op === 'DynamicQuantizeMatMul' && node.domain === microsoft && node.inputs[0] === input

const fields = (op: string, inputs: readonly string[]): Fields =>
  ({ op, domain: microsoft, attributes: none, inputs: inputs.at(-1) === '' ? inputs.slice(0, -1) : inputs }) // prettier-ignore

/** True for a node of this kind with these inputs and attributes (numbers and lists of them). */
export function isReading(
  node: Node, op: string, inputs: readonly string[], attributes: ReadonlyMap<string, Attribute>, domain = '',
): boolean {
  if (node.op !== op || node.domain !== domain || node.inputs.join('\n') !== inputs.join('\n')) return false
  const text = (all: ReadonlyMap<string, Attribute>): string =>
    [...all].map(([name, each]) => `${name} ${'value' in each ? String(each.value) : ''}`).join()
  return text(node.attributes) === text(attributes)
} // prettier-ignore
