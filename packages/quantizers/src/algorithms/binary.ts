// Weights in 1 bit: its sign, and a scale for every block. For models that were trained with two values a weight, which lose
// nothing; any other model is destroyed, and a warning says so.
//   ŵ = sign(w) · s,   s = mean |w| over the block, which makes Σ(w − ŵ)² least
import { defineAlgorithm, type Context } from '@damson/core'
import { isRefusal, refuse, type Graph, type Refusal, type Weight } from '@damson/graph'
import { decodingBytes, emitDecoding } from '../block-decoding.ts'
import { emitGather, emitMatMul } from '../block-operators.ts'
import { blockParams } from '../block-params.ts'
import { accuracyLevelOf, readable } from '../block-targets.ts'
import { blockWeightOf, type BlockWeight } from '../block-weights.ts'
import { nodeBytes } from '../coded-size.ts'
import type { Replacement } from '../replace-weights.ts'
import { codeSigns, signBytes, type SignLoss } from '../sign-coding.ts'
import { emitSpread, spreadBytes } from '../sign-operators.ts'
import { quantizesWeights, weightContract, weightGroups } from '../weight-quantizer.ts'

const id = '@damson/quantizers/binary'
const version = 1

// 128 is the block of the models that there are (Bonsai).
const { blockSize, embeddings, convs, accuracyLevel } = blockParams({ blockSize: 128 })
const params = { blockSize, embeddings, convs, accuracyLevel }

type Ctx = Context<typeof params>

/** Codes of 2 bits without zero points are what products get to read. */
const codes = { bits: 2, symmetric: true, format: 'nbits' } as const

const finding = (ctx: Ctx) => ({
  prepare: (graph: Graph) => readable(graph, { ...ctx, params: { ...ctx.params, ...codes } }),
  find: (weight: Weight, graph: Graph) => binaryWeightOf(weight, graph, ctx),
})

/** Weights in 1 bit. */
export const binary = defineAlgorithm({
  id,
  version,
  summary: 'Weights in 1 bit, for models that were trained with two values a weight.',
  paper: 'Rastegari et al. 2016, arXiv 1603.05279 (binary weights)',
  contract: weightContract,
  params,
  groups: (part, ctx) => weightGroups(part, ctx, finding(ctx)),
  rewrite: (model, ctx) => {
    const onLoss = warnsOnce(ctx)
    const replace = (found: BlockWeight): Replacement => replacementOf(found, ctx, onLoss)
    return quantizesWeights<typeof params, BlockWeight>({ ...finding(ctx), replace }).rewrite(model, ctx)
  },
})

function binaryWeightOf(weight: Weight, graph: Graph, { params }: Ctx): BlockWeight | Refusal {
  const all = { ...params, ...codes }
  const found = blockWeightOf(weight, graph, all, all)
  if (isRefusal(found)) return found
  const { spec } = found
  if (spec.rule === 'GatherBlockQuantized' && spec.K % 8 !== 0)
    return refuse(`has rows of ${spec.K} signs, which do not fill bytes`, weight)
  const spread = spreadBytes(2) + (formsOf(found).has('gather') ? spreadBytes(4) : 0)
  const decoding = found.decoded ? decodingBytes(weight) : 0
  const after = signBytes(spec) + nodeBytes(weight, 2) + spread + decoding
  return after < weight.tensor.byteLength ? found : refuse('is so small that it would grow', weight)
}

const formsOf = ({ coded }: BlockWeight) => new Set([...coded.values()].map(({ form }) => form))

function replacementOf(found: BlockWeight, ctx: Ctx, onLoss: OnLoss): Replacement {
  const { weight, spec, coded, decoded } = found
  const forms = formsOf(found)
  const { signs, scales } = codeSigns(weight.tensor, spec, `${id}:${version}`, loss => onLoss(weight, loss))
  const wide = { ...spec, bits: 4, rule: 'GatherBlockQuantized' } as const
  const level = accuracyLevelOf({ target: ctx.target, params: { ...ctx.params, ...codes } })
  return {
    weight,
    tensors: { Q1: signs, scales },
    values: ['codes', 'rows'],
    emit: (draft, node, name) => {
      const each = coded.get(node)
      const names = { scales: name('scales'), zeroPoints: '' }
      if (each?.form === 'gather') emitGather(draft, node, { ...names, codes: name('rows') }, wide)
      if (each?.form !== 'product') return
      for (const reader of each.readers)
        emitMatMul(draft, reader.node, { ...names, codes: name('codes') }, spec, level)
      if (each.readers.every(reader => reader.node !== node)) draft.remove(node)
    },
    decode: (draft, name) => {
      if (forms.has('product') || decoded) emitSpread(draft, name('Q1'), name('codes'), spec, 2)
      if (forms.has('gather')) emitSpread(draft, name('Q1'), name('rows'), wide, 4)
      const names = { codes: name('codes'), scales: name('scales'), zeroPoints: '' }
      if (decoded) emitDecoding(draft, weight, names, spec)
    },
  }
}

type OnLoss = (weight: Weight, loss: SignLoss) => void

/** Rounding of ±s to another float type stays below. */
const soundLoss = 1e-4

/** The first weight that is more than signs says so, when it is computed. */
function warnsOnce(ctx: Ctx): OnLoss {
  let warned = false
  return ({ id }, { error, power }) => {
    if (warned || error <= soundLoss * power) return
    warned = true
    ctx.warn(
      'not-binary',
      `"${id}" is more than signs and scales: ${((100 * error) / power).toFixed(1)} % of its power is lost. ` +
        'One bit suits models that were trained for it; take weight-only with 2 or 4 bits for others.',
      { weight: id, lost: error / power },
    )
  }
}
