// Which weights are coded in blocks, how each of them lies as a matrix, and what reads it afterwards.
import type { Values } from '@damson/core'
import {
  elementCount, floatOf, intOf, isRefusal, refuse, type Draft, type Graph, type Node, type Refusal, type Tensor, type Visit,
  type Weight,
} from '@damson/graph' // prettier-ignore
import type { BlockSpec } from '@damson/numerics'
import type { BlockCodes } from './block-coding.ts'
import { decodingBytes, emitDecoding } from './block-decoding.ts'
import { emitGather, emitMatMul, type CodedNames } from './block-operators.ts'
import type { BlockParams } from './block-params.ts'
import { blockUseOf, type BlockUse, type MatrixView } from './block-uses.ts'
import { dequantizable } from './code-layout.ts'
import { blockBytes, nodeBytes } from './coded-size.ts'
import { emitDecodedGather, emitDecodedMatMul, emitDecodedWeight } from './dequantize-operators.ts'
import { isFilterBank } from './filter-banks.ts'
import type { Replacement } from './replace-weights.ts'
import { isRotaryTable } from './rotary-tables.ts'

/** How one weight is to be coded; the other parameters hold for all of them. */
export interface BlockChoice extends Values<Pick<BlockParams, 'bits' | 'blockSize'>> {
  readonly symmetric: boolean
}

/** A weight that can be coded. */
export interface BlockWeight {
  readonly weight: Weight
  /** What its codes are for in the first place: products, look-ups, or to be decoded when a session is made. */
  readonly use: BlockUse['form']
  /** What is coded: [K, N] or [N, K], as `spec.layout` says. */
  readonly matrix: Tensor
  readonly spec: BlockSpec
  /** What is done with each consumer that gets an operator for codes; the others read the decoded weight. */
  readonly coded: ReadonlyMap<Node, BlockUse>
  readonly format: 'nbits' | 'qdq'
  /** True when some consumer reads the decoded weight. */
  readonly decoded: boolean
  /** Nodes that are rewritten beside the consumers: products behind a Transpose. */
  readonly readers: readonly Visit[]
}

/** The weight as a matrix to be coded as `choice` says, or why it stays in floating point. */
export function blockWeightOf(
  weight: Weight,
  graph: Graph,
  choice: BlockChoice,
  params: Values<BlockParams>,
): BlockWeight | Refusal {
  const uses = usesOf(weight, params)
  if (isRefusal(uses)) return uses
  if (isRotaryTable(weight)) return refuse('holds angles of positions, which every score feels', weight)
  if (isFilterBank(weight))
    return refuse('filters for a logarithm, which makes as much of quiet bands as of loud ones', weight)
  const found = formOf(weight, uses, choice, params.format)
  const unshared = found.format === 'qdq' ? unreadable(found, uses) : undefined
  if (unshared) return unshared
  if (found.decoded && graph.opset() < 10)
    return refuse('would be decoded by Mod and Slice, which came with opset 10', weight)
  const nodes = nodeBytes(weight, nodesOf(found)) + (found.decoded ? decodingBytes(weight) : 0)
  const after = blockBytes(found.spec) + nodes
  return after < weight.tensor.byteLength ? found : refuse('is so small that it would grow', weight)
}

/** At most so many new nodes for each consumer: around a product of a Gemm, or for the look-ups of codes, scales and zero points. */
function nodesOf({ coded, format, readers, use }: BlockWeight): number {
  const plain = readers.every(
    ({ node }) =>
      floatOf(node, 'alpha', 1) === 1 && floatOf(node, 'beta', 1) === 1 && intOf(node, 'transA', 0) === 0,
  )
  if (coded.size === 0) return 0
  return !plain ? 6 : format === 'qdq' && use === 'gather' ? 4 : 2
}

/** Look-ups that DequantizeLinear can decode only as a whole table, in every run. */
function unreadable({ weight, use, spec }: BlockWeight, uses: readonly BlockUse[]): Refusal | undefined {
  if (uses.every(({ form }) => form !== 'gather')) return undefined
  if (use !== 'gather')
    return refuse('is an embedding that products share, which format qdq cannot; take nbits', weight)
  return spec.bits === 8
    ? undefined
    : refuse('is an embedding, which format qdq decodes in 8 bits only; take nbits', weight)
}

function usesOf(weight: Weight, params: Values<BlockParams>): readonly BlockUse[] | Refusal {
  const { tensor, isOutput } = weight
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float16')
    return refuse(`is ${tensor.dtype}, not float32 or float16`, weight)
  if (isOutput) return refuse('is an output of the graph', weight)
  if (elementCount(tensor.shape) === 0) return refuse('is empty', weight)
  const uses: BlockUse[] = []
  for (const each of weight.uses) {
    const use = blockUseOf(each, weight)
    if (isRefusal(use)) return use
    if (use.form === 'gather' && !params.embeddings)
      return refuse('is an embedding, and embeddings are off', weight)
    if (use.form === 'decoded' && use.by === 'Conv' && !params.convs)
      return refuse('belongs to a convolution, and convs are off', weight)
    uses.push(use)
  }
  return uses.length > 0 ? uses : refuse('is used by no node', weight)
}

/** Products decide along which axis blocks run, then look-ups; consumers that do not fit get the decoded weight. */
function formOf(
  weight: Weight,
  uses: readonly BlockUse[],
  choice: BlockChoice,
  format: BlockWeight['format'],
): BlockWeight {
  const first = uses.find(({ form }) => form === 'product') ?? uses.find(({ form }) => form === 'gather')
  const view = first && 'view' in first ? first.view : wholeView(weight, uses)
  const fits = (use: BlockUse): boolean => isCoded(use, view, uses, choice)
  const coded = new Map(weight.uses.flatMap(({ node }, at) => entriesOf(node, uses[at], fits)))
  const forms = new Set([...coded.values()].map(({ form }) => form))
  const use = forms.has('product') ? 'product' : forms.has('gather') ? 'gather' : 'decoded'
  const blockSize = use === 'decoded' ? Math.min(choice.blockSize, ceilingOf(view.K)) : choice.blockSize
  const rule = use === 'gather' ? 'GatherBlockQuantized' : 'MatMulNBits'
  const dtype = weight.tensor.dtype === 'float16' ? 'float16' : 'float32'
  const { bits, symmetric } = choice
  return {
    weight,
    use,
    matrix: weight.tensor,
    spec: { ...view, bits, blockSize, symmetric, rule, dtype },
    coded,
    format,
    decoded: !uses.every(fits),
    readers: uses.flatMap(each => (each.form === 'product' && fits(each) ? each.readers : [])),
  }
}

const entriesOf = (
  node: Node,
  use: BlockUse | undefined,
  fits: (use: BlockUse) => boolean,
): readonly (readonly [Node, BlockUse])[] => (use && fits(use) ? [[node, use]] : [])

/** True for a consumer with an operator that reads the codes of this view as they are stored. */
function isCoded(use: BlockUse, view: MatrixView, uses: readonly BlockUse[], choice: BlockChoice): boolean {
  if (use.form === 'decoded') return false
  const { K, N, layout } = use.view
  if (K !== view.K || N !== view.N || layout !== view.layout) return false
  if (use.form === 'product') return true
  // Rows of a look-up end where K does, those of products and of what is decoded with a block.
  const alone = uses.every(({ form }) => form === 'gather')
  return alone ? (K * choice.bits) % 8 === 0 : K % choice.blockSize === 0
}

/** A weight that is decoded as a whole may be coded along any axis: the last, or all behind the first. */
function wholeView({ tensor: { shape } }: Weight, uses: readonly BlockUse[]): MatrixView {
  const count = elementCount(shape)
  const last = shape.at(-1) ?? 1
  const filters = uses.some(use => use.form === 'decoded' && use.by === 'Conv')
  const N = filters || last < 16 ? (shape[0] ?? 1) : count / last
  return { K: count / N, N, layout: 'NK' }
}

/** The smallest block that holds K numbers. */
function ceilingOf(K: number): number {
  return Math.max(16, 2 ** Math.ceil(Math.log2(K)))
}

/** The codes in the place of the weight, and the operators that read them in the place of its consumers. */
export function replaceBlocks(found: BlockWeight, codes: BlockCodes, accuracyLevel: number): Replacement {
  const { weight, spec, coded, decoded, use, format } = found
  // A product that DequantizeLinear feeds is recognised when its codes lie as [K, N].
  const layout = use === 'product' ? 'KN' : 'NK'
  const stored = format === 'qdq' ? dequantizable(codes, spec, layout) : codes
  const suffix = `Q${spec.bits}`
  const emission =
    format === 'qdq' ? dequantizing(spec, layout) : reading(spec, accuracyLevel, codes.zeroPoints)
  const namesOf = (name: (suffix: string) => string): CodedNames => ({
    codes: name(suffix),
    scales: name('scales'),
    zeroPoints: name('zero_points'),
  })
  return {
    weight,
    tensors: { [suffix]: stored.packed, scales: stored.scales, zero_points: stored.zeroPoints },
    emit: (draft, node, name) => {
      const each = coded.get(node)
      const names = namesOf(name)
      if (each?.form === 'gather') emission.gather(draft, node, names)
      if (each?.form !== 'product') return
      for (const reader of each.readers) emission.product(draft, reader.node, names)
      if (each.readers.every(reader => reader.node !== node)) draft.remove(node)
    },
    ...(decoded ? { decode: (draft, name) => emission.whole(draft, weight, namesOf(name)) } : {}),
  }
}

interface Emission {
  product(draft: Draft, reader: Node, names: CodedNames): void
  gather(draft: Draft, node: Node, names: CodedNames): void
  whole(draft: Draft, weight: Weight, names: CodedNames): void
}

const reading = (spec: BlockSpec, level: number, zeroPoints: Tensor | undefined): Emission => ({
  product: (draft, reader, names) => emitMatMul(draft, reader, names, spec, level),
  gather: (draft, node, names) => emitGather(draft, node, names, spec),
  whole: (draft, weight, names) => {
    const floatZeroPoints = zeroPoints !== undefined && zeroPoints.dtype !== 'uint8'
    emitDecoding(draft, weight, names, spec, floatZeroPoints)
  },
})

const dequantizing = (spec: BlockSpec, layout: 'KN' | 'NK'): Emission => ({
  product: (draft, reader, names) => emitDecodedMatMul(draft, reader, names, spec),
  gather: (draft, node, names) => emitDecodedGather(draft, node, names, spec),
  whole: (draft, weight, names) => emitDecodedWeight(draft, weight, names, spec, layout),
})
