// The operators that read block-coded weights, put in the place of a MatMul, Gemm or Gather. Contracts: ContribOperators.md.
import { floatOf, intOf, memoryTensor, tensorOf, type Attribute, type Draft, type Node } from '@damson/graph'
import { blockSizes, type BlockSpec } from '@damson/numerics'
import { int, ints } from './int-attributes.ts'

/** Names of the tensors of a coded weight; zero points are `''` for symmetric codes. */
export interface CodedNames {
  readonly codes: string
  readonly scales: string
  readonly zeroPoints: string
}

/** A product with a coded weight: its operator, and what it takes behind its first input. */
export interface CodedProduct {
  readonly op: string
  readonly inputs: readonly string[]
  readonly attributes: ReadonlyMap<string, Attribute>
  /** Added to the name of a product that gets nodes behind it. */
  readonly suffix: string
  readonly dtype: 'float32' | 'float16'
}

/** Y = MatMulNBits(A, codes, scales, zero points). */
export function emitMatMul(
  draft: Draft,
  reader: Node,
  names: CodedNames,
  spec: BlockSpec,
  level: number,
): void {
  emitProduct(draft, reader, productOf(names, spec, level))
}

/** The product in the place of a MatMul, and for a Gemm alpha · A' · B + beta · C around it. */
export function emitProduct(draft: Draft, reader: Node, product: CodedProduct): void {
  const node = draft.current(reader)
  const [input = '', , bias = ''] = node.inputs
  const transposed = node.op === 'Gemm' && intOf(node, 'transA', 0) !== 0
  const { op, attributes, dtype } = product
  const inputs = [transposed ? turned(draft, input) : input, ...product.inputs]
  const call = { op, domain: 'com.microsoft', inputs, attributes }
  const [alpha, beta] = [floatOf(node, 'alpha', 1), floatOf(node, 'beta', 1)]
  if (node.op !== 'Gemm' || (alpha === 1 && bias === '')) {
    draft.replace(node, call)
    return
  }
  const made =
    draft.add({ ...call, name: `${node.name}_${product.suffix}`, origins: node.origins }).outputs[0] ?? ''
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
  return (
    draft.add({ op: 'Transpose', inputs: [input], attributes: new Map([['perm', ints([1, 0])]]) })
      .outputs[0] ?? ''
  )
}

function productOf({ codes, scales, zeroPoints }: CodedNames, spec: BlockSpec, level: number): CodedProduct {
  const attributes = new Map([
    ['K', int(spec.K)],
    ['N', int(spec.N)],
    ['bits', int(spec.bits)],
    ['block_size', int(spec.blockSize)],
    ...(level === 0 ? [] : [['accuracy_level', int(level)] as const]),
  ])
  return {
    op: 'MatMulNBits',
    inputs: [codes, scales, ...(zeroPoints === '' ? [] : [zeroPoints])],
    attributes,
    suffix: `Q${spec.bits}`,
    dtype: spec.dtype === 'float16' ? 'float16' : 'float32',
  }
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
