// The operators that read block-coded weights, put in the place of a MatMul, Gemm or Gather. Contracts: ContribOperators.md.
import { floatOf, intOf, memoryTensor, tensorOf, type Attribute, type Draft, type Node } from '@damson/graph'
import { blockSizes, type BlockSpec } from '@damson/numerics'

/** Names of the tensors of a coded weight; zero points are `''` for symmetric codes. */
export interface CodedNames {
  readonly codes: string
  readonly scales: string
  readonly zeroPoints: string
}

const int = (value: number): Attribute => ({ type: 'int', value: BigInt(value) })

/** Y = MatMulNBits(A, codes, scales, zero points), and for a Gemm alpha · A' · B + beta · C around it. */
export function emitMatMul(
  draft: Draft,
  reader: Node,
  names: CodedNames,
  spec: BlockSpec,
  level: number,
): void {
  const node = draft.current(reader)
  const call = productCall(node.inputs[0] ?? '', names, spec, level)
  if (node.op !== 'Gemm') {
    draft.replace(node, call)
    return
  }
  const [input = '', , bias = ''] = node.inputs
  const [alpha, beta] = [floatOf(node, 'alpha', 1), floatOf(node, 'beta', 1)]
  const rows = intOf(node, 'transA', 0) === 0 ? input : turned(draft, input)
  const inputs = [rows, ...call.inputs.slice(1)]
  if (alpha === 1 && bias === '') {
    draft.replace(node, { ...call, inputs })
    return
  }
  const { origins } = node
  const made = draft.add({ ...call, inputs, name: `${node.name}_Q${spec.bits}`, origins }).outputs[0] ?? ''
  const dtype = spec.dtype === 'float16' ? 'float16' : 'float32'
  const scalar = (hint: string, value: number): string =>
    draft.addInitializer(hint, tensorOf(dtype, [], [value]))
  if (bias === '') {
    draft.replace(node, { op: 'Mul', inputs: [made, scalar('alpha', alpha)], attributes: new Map() })
    return
  }
  const times = (value: string, hint: string, factor: number): string =>
    factor === 1 ? value : (draft.add({ op: 'Mul', inputs: [value, scalar(hint, factor)] }).outputs[0] ?? '')
  const terms = [times(made, 'alpha', alpha), times(bias, 'beta', beta)]
  draft.replace(node, { op: 'Add', inputs: terms, attributes: new Map() })
}

function turned(draft: Draft, input: string): string {
  const perm: Attribute = { type: 'ints', value: [1n, 0n] }
  return (
    draft.add({ op: 'Transpose', inputs: [input], attributes: new Map([['perm', perm]]) }).outputs[0] ?? ''
  )
}

function productCall(
  input: string,
  { codes, scales, zeroPoints }: CodedNames,
  spec: BlockSpec,
  level: number,
) {
  const attributes = new Map([
    ['K', int(spec.K)],
    ['N', int(spec.N)],
    ['bits', int(spec.bits)],
    ['block_size', int(spec.blockSize)],
    ...(level === 0 ? [] : [['accuracy_level', int(level)] as const]),
  ])
  const inputs = [input, codes, scales, ...(zeroPoints === '' ? [] : [zeroPoints])]
  return { op: 'MatMulNBits', domain: 'com.microsoft', inputs, attributes }
}

/**
 * Gather over rows: GatherBlockQuantized, which decodes only the rows that are looked up. Codes that products read too lie in
 * blocks; a Reshape, done once when a session is made, gives the same bytes as rows.
 */
export function emitGather(draft: Draft, node: Node, names: CodedNames, spec: BlockSpec): void {
  const { codes, scales, zeroPoints } = names
  const { rule, N, bits, blockSize } = spec
  const [, indices = ''] = node.inputs
  const rows = rule === 'GatherBlockQuantized' ? codes : asRows(draft, codes, [N, blockSizes(spec).rowBytes])
  draft.replace(node, {
    op: 'GatherBlockQuantized',
    domain: 'com.microsoft',
    inputs: [rows, indices, scales, ...(zeroPoints === '' ? [] : [zeroPoints])],
    attributes: new Map([
      ['bits', int(bits)],
      ['block_size', int(blockSize)],
      ['gather_axis', int(0)],
      ['quantize_axis', int(1)],
    ]),
  })
}

function asRows(draft: Draft, codes: string, shape: readonly number[]): string {
  const sizes = memoryTensor('int64', [shape.length], BigInt64Array.from(shape, BigInt))
  return draft.add({ op: 'Reshape', inputs: [codes, draft.addInitializer('rows', sizes)] }).outputs[0] ?? ''
}
