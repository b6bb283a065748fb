// The 4-bit types of bitsandbytes: a code stands for one of 16 fixed numbers between -1 and 1, and each block of weights keeps
// its largest magnitude a:  w' = a · book[q],  q nearest to w / a.
// NF4's numbers are quantiles of the normal distribution, so that each code is used equally often by normal weights; FP4's are
// those of a 4-bit float. Codes and magnitudes equal those of ONNX Runtime's MatMulBnb4Quantizer bit for bit.
import { defineAlgorithm, oneOf, type Context } from '@damson/core'
import {
  isRefusal,
  refuse,
  type Attribute,
  type Node,
  type Refusal,
  type Visit,
  type Weight,
} from '@damson/graph'
import { emitProduct, type CodedProduct } from '../block-operators.ts'
import { blockUseOf } from '../block-uses.ts'
import { bookBytes, codeByBook, type BookSpec } from '../book-coding.ts'
import { nodeBytes } from '../coded-size.ts'
import type { Replacement } from '../replace-weights.ts'
import { quantizesWeights, weightContract } from '../weight-quantizer.ts'

const id = '@damson/quantizers/bnb4'
const version = 1

const params = {
  /** nf4 suits normal weights and is the better one nearly always. */
  type: oneOf({
    options: ['nf4', 'fp4'],
    default: 'nf4',
    doc: 'The 16 numbers that codes stand for; nf4 suits normal weights.',
  }),
  /** Numbers that share a magnitude. */
  blockSize: oneOf({ options: [16, 32, 64, 128, 256], default: 64, doc: 'Numbers that share a magnitude.' }),
}

type Ctx = Context<typeof params>

interface BookWeight {
  readonly weight: Weight
  readonly spec: BookSpec
  /** The products of each consumer: itself, or what stands behind a Transpose. */
  readonly products: ReadonlyMap<Node, readonly Visit[]>
  readonly readers: readonly Visit[]
}

const quantizer = quantizesWeights<typeof params, BookWeight>({
  find: (weight, _, ctx) => bookWeightOf(weight, ctx),
  replace: found => replacementOf(found),
})

/** NF4 and FP4 weights. */
export const bnb4 = defineAlgorithm({
  id,
  version,
  summary:
    'Weights in 4 bits that stand for quantiles of the normal distribution (NF4) or for small floats (FP4).',
  paper: 'Dettmers et al. 2023, arXiv 2305.14314',
  contract: weightContract,
  params,
  groups: quantizer.groups,
  rewrite: quantizer.rewrite,
})

function bookWeightOf(weight: Weight, { params }: Ctx): BookWeight | Refusal {
  const { tensor, uses, isOutput } = weight
  if (tensor.dtype !== 'float32')
    return refuse(`is ${tensor.dtype}, and MatMulBnb4 computes in float32`, weight)
  if (isOutput) return refuse('is an output of the graph', weight)
  const products = new Map<Node, readonly Visit[]>()
  const views = new Map<string, Pick<BookSpec, 'K' | 'N' | 'layout'>>()
  for (const use of uses) {
    const found = blockUseOf(use, weight)
    if (isRefusal(found)) return found
    if (found.form !== 'product')
      return refuse(`is used by ${use.node.op}, and 4-bit floats have products only`, weight)
    products.set(use.node, found.readers)
    views.set(JSON.stringify(found.view), found.view)
  }
  const [view, ...others] = views.values()
  if (!view || others.length > 0) return refuse('is used in different ways', weight)
  const spec: BookSpec = { ...view, book: params.type, blockSize: params.blockSize }
  if (bookBytes(spec) + nodeBytes(weight, 2) >= tensor.byteLength) {
    return refuse('is so small that it would grow', weight)
  }
  return { weight, spec, products, readers: [...products.values()].flat() }
}

const int = (value: number): Attribute => ({ type: 'int', value: BigInt(value) })

function replacementOf({ weight, spec, products }: BookWeight): Replacement {
  const { codes, absmax } = codeByBook(weight.tensor, spec, `${id}:${version}`)
  const attributes = new Map([
    ['K', int(spec.K)],
    ['N', int(spec.N)],
    ['block_size', int(spec.blockSize)],
    ['quant_type', int(spec.book === 'nf4' ? 1 : 0)],
  ])
  return {
    weight,
    tensors: { Bnb4: codes, absmax },
    emit: (draft, node, name) => {
      const inputs = [name('Bnb4'), name('absmax')]
      const product: CodedProduct = { op: 'MatMulBnb4', inputs, attributes, suffix: 'Bnb4', dtype: 'float32' }
      const readers = products.get(node) ?? []
      for (const reader of readers) emitProduct(draft, reader.node, product)
      if (readers.every(reader => reader.node !== node)) draft.remove(node)
    },
  }
}
