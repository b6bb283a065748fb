// The operators that read block-coded weights, put in the place of a MatMul, Gemm or Gather. Contracts: ContribOperators.md.
import type { Attribute, Draft, Node } from '@damson/graph'
import type { BlockSpec } from '@damson/numerics'

const int = (value: number): Attribute => ({ type: 'int', value: BigInt(value) })

/** MatMul and Gemm: Y = MatMulNBits(A, codes, scales, zero points), and the bias of a Gemm added after it. */
export function emitMatMul(
  draft: Draft,
  node: Node,
  coded: readonly string[],
  spec: BlockSpec,
  level: number,
): void {
  const [input = '', , bias = ''] = node.inputs
  const attributes = new Map([
    ['K', int(spec.K)],
    ['N', int(spec.N)],
    ['bits', int(spec.bits)],
    ['block_size', int(spec.blockSize)],
    ...(level === 0 ? [] : [['accuracy_level', int(level)] as const]),
  ])
  const call = { op: 'MatMulNBits', domain: 'com.microsoft', inputs: [input, ...coded], attributes }
  if (node.op !== 'Gemm' || bias === '') {
    draft.replace(node, call)
    return
  }
  const { origins } = node
  const product = draft.add({ ...call, name: `${node.name}_Q${spec.bits}`, origins })
  draft.replace(node, { op: 'Add', inputs: [product.outputs[0] ?? '', bias], attributes: new Map() })
}

/** Gather over rows: GatherBlockQuantized, which decodes only the rows that are looked up. */
export function emitGather(draft: Draft, node: Node, coded: readonly string[], spec: BlockSpec): void {
  const [data = '', scales = '', zeroPoints] = coded
  const [, indices = ''] = node.inputs
  draft.replace(node, {
    op: 'GatherBlockQuantized',
    domain: 'com.microsoft',
    inputs: [data, indices, scales, ...(zeroPoints === undefined ? [] : [zeroPoints])],
    attributes: new Map([
      ['bits', int(spec.bits)],
      ['block_size', int(spec.blockSize)],
      ['gather_axis', int(0)],
      ['quantize_axis', int(1)],
    ]),
  })
}
