// Format qdq: codes behind DequantizeLinear, which every runtime knows. ONNX Runtime makes MatMulNBits of it in front of a
// MatMul or Gemm when the codes lie as [K, N]; everywhere else it decodes in every run.
import { memoryTensor, type Attribute, type Draft, type Node, type Weight } from '@damson/graph'
import type { BlockSpec } from '@damson/numerics'
import type { CodedNames } from './block-operators.ts'
import { int, ints } from './int-attributes.ts'

/** A product whose right side is decoded in front of it. */
export function emitDecodedMatMul(draft: Draft, reader: Node, names: CodedNames, spec: BlockSpec): void {
  const node = draft.current(reader)
  const attributes = new Map([...node.attributes].filter(([name]) => name !== 'transB'))
  const inputs = node.inputs.map((input, at) => (at === 1 ? decoded(draft, names, spec, 0) : input))
  draft.replace(node, { inputs, attributes })
}

/** A look-up of codes whose rows are decoded behind it. */
export function emitDecodedGather(draft: Draft, node: Node, names: CodedNames, spec: BlockSpec): void {
  const [, indices = ''] = node.inputs
  const rowsOf = (name: string): string =>
    name === '' ? '' : (draft.add({ op: 'Gather', inputs: [name, indices] }).outputs[0] ?? '')
  const rows = {
    codes: rowsOf(names.codes),
    scales: rowsOf(names.scales),
    zeroPoints: rowsOf(names.zeroPoints),
  }
  draft.replace(node, { op: 'DequantizeLinear', inputs: inputsOf(rows), attributes: along(-1, spec) })
}

/** The value of a weight under its own name, decoded in every run. */
export function emitDecodedWeight(
  draft: Draft,
  weight: Weight,
  names: CodedNames,
  spec: BlockSpec,
  layout: 'KN' | 'NK',
): void {
  const value = decoded(draft, names, spec, layout === 'KN' ? 0 : 1)
  const straight =
    layout === spec.layout
      ? value
      : (draft.add({ op: 'Transpose', inputs: [value], attributes: new Map([['perm', ints([1, 0])]]) })
          .outputs[0] ?? '')
  const { shape } = weight.tensor
  const sizes = memoryTensor('int64', [shape.length], BigInt64Array.from(shape, BigInt))
  draft.add({
    op: 'Reshape',
    inputs: [straight, draft.addInitializer('sizes', sizes)],
    outputs: [weight.name],
  })
}

function decoded(draft: Draft, names: CodedNames, spec: BlockSpec, axis: number): string {
  const node = draft.add({ op: 'DequantizeLinear', inputs: inputsOf(names), attributes: along(axis, spec) })
  return node.outputs[0] ?? ''
}

const along = (axis: number, { blockSize }: BlockSpec): ReadonlyMap<string, Attribute> =>
  new Map([
    ['axis', int(axis)],
    ['block_size', int(blockSize)],
  ])

function inputsOf({ codes, scales, zeroPoints }: CodedNames): readonly string[] {
  return [codes, scales, ...(zeroPoints === '' ? [] : [zeroPoints])]
}
