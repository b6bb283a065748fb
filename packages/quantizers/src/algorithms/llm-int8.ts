// Products in 8-bit integers for models in which a few columns of activations are far larger than the rest: those columns are
// multiplied in floating point, all others in integers, with a scale for each row of activations and each column of weights.
//   y = Σ_O x·w  +  s_x s_w Σ_rest q_x q_w        O: columns in which |x| reaches the threshold
import { defineAlgorithm, flag, int, oneOf, real, type Context, type Model } from '@damson/core'
import {
  isRefusal,
  refuse,
  upgradeOpset,
  weights,
  type Graph,
  type Refusal,
  type Weight,
} from '@damson/graph'
import { nodeBytes } from '../coded-size.ts'
import type { Coder } from '../coder.ts'
import { choiceOf, productFormat } from '../int8-choice.ts'
import { codeInt8 } from '../int8-coding.ts'
import { replaceInt8, type Int8Emission } from '../int8-replacement.ts'
import { int8WeightOf, type Int8Weight } from '../int8-weights.ts'
import { claimedWeights } from '../left-alone.ts'
import { findOutliers, isSeparable, type PartOutliers } from '../outlier-columns.ts'
import type { Replacement } from '../replace-weights.ts'
import { emitRowWise } from '../row-wise-products.ts'
import { onlyRows, withoutRows } from '../separated-rows.ts'
import { quantizesWeights, weightContract, weightGroups } from '../weight-quantizer.ts'

const id = '@damson/quantizers/llm-int8'
const version = 1

const params = {
  /** Columns in which |x| reaches this in some sample are multiplied in floating point. */
  threshold: real({ min: 0, max: 1e6, default: 6, doc: 'Columns in which |x| reaches this in some sample stay in floating point.' }),
  /** Codes of weights. `auto`: int8 on cpu:vnni, else uint8, which never saturates. */
  weights: oneOf({
    options: ['int8', 'uint8'],
    or: ['auto'],
    default: 'auto',
    doc: 'Codes of weights. auto: int8 on cpu:vnni, else uint8, which never saturates.',
  }),
  /** Code embedding tables too; rows that are looked up are decoded. */
  embeddings: flag({ default: true, doc: 'Code embedding tables too; rows that are looked up are decoded.' }),
  /** Samples that are looked at, the first ones. */
  sampleCount: int({ min: 1, max: 100000, default: 64, doc: 'Samples that are looked at, the first ones.' }),
  /** Products as ONNX Runtime's kernels of com.microsoft, which make a session sooner, or in operators of ONNX alone. */
  format: productFormat,
} // prettier-ignore

type Ctx = Context<typeof params>

/** Integer products with outlier columns in floating point (LLM.int8). */
export const llmInt8 = defineAlgorithm<typeof params, Readonly<Record<string, PartOutliers>>>({
  id,
  version,
  summary: 'Products in 8-bit integers, row by row, with the columns of outliers in floating point.',
  paper: 'Dettmers et al. 2022, arXiv 2208.07339',
  contract: weightContract,
  params,
  groups: (part, ctx) => weightGroups(part, ctx, { prepare, find }),
  async fit(ctx) {
    const state: Record<string, PartOutliers> = {}
    for (const name of ctx.parts) {
      const part = ctx.model.part(name)
      const claimed = claimedWeights(ctx.groups(part))
      const found = weights(part.graph)
        .filter(({ id: each }) => claimed.has(each))
        .map(each => find(each, part.graph, ctx))
        .filter((each): each is Int8Weight => !isRefusal(each))
      state[name] = await findOutliers(ctx, part, found, ctx.params)
    }
    return state
  },
  rewrite: (model, ctx, state) => ctx.parts.reduce((made, name) => rewritePart(made, name, ctx, state[name] ?? {}), model),
}) // prettier-ignore

function prepare(graph: Graph, { target }: Ctx): Graph | Refusal {
  if (target === 'webgpu') return refuse('webgpu has no integer products (MatMulInteger); use weightOnly')
  return upgradeOpset(graph, 13)
}

/** As dynamicInt8 finds it; with room for a quarter of the rows in floating point and for the nodes, it has to shrink still. */
function find(weight: Weight, graph: Graph, { params: { weights: type, embeddings }, target }: Ctx): Int8Weight | Refusal {
  const ops = embeddings ? (['MatMul', 'Gemm', 'Gather'] as const) : (['MatMul', 'Gemm'] as const)
  const given = { weights: type, per: 'channel', symmetric: false, reduceRange: 'auto', ops } as const
  const found = int8WeightOf(weight, choiceOf(given, target, Math.max(13, graph.opset())), () => false)
  if (isRefusal(found) || !isSeparable(found)) return found
  const { byteLength } = weight.tensor
  const most = byteLength / (weight.tensor.dtype === 'float32' ? 2 : 4 / 3) + nodeBytes(weight, 20)
  return most < byteLength ? found : refuse('is so small that it would grow', weight)
} // prettier-ignore

function rewritePart(model: Model, name: string, ctx: Ctx, outliers: PartOutliers): Model {
  const opset = Math.max(13, model.part(name).graph.opset())
  return quantizesWeights<typeof params, Int8Weight>({
    prepare,
    find,
    replace: (found, { params }, coder) =>
      replacementOf(found, outliers[found.weight.id] ?? [], { opset, format: params.format }, coder),
  }).rewrite(model, { ...ctx, parts: [name] })
}

function replacementOf(
  found: Int8Weight, rows: readonly number[], { opset, format }: { readonly opset: number; readonly format: 'fused' | 'standard' }, coder: Coder,
): Replacement {
  const { weight, spec, use } = found
  const separated = rows.length > 0 && 'view' in use ? { view: use.view, rows } : undefined
  const key = `${id}:${version}`
  const rest = separated ? withoutRows(weight.tensor, separated) : weight.tensor
  const codes = codeInt8(rest, { ...spec, sums: use.form === 'product' }, key, coder)
  const K = 'view' in use ? use.view.K : 0
  const outliers = separated && { columns: rows, tensor: onlyRows(weight.tensor, separated, key), name: weight.name }
  const emitAny: Int8Emission['emitAny'] = (draft, reader, names, form) =>
    emitRowWise(draft, reader, names, form, { K, outliers, opset })
  return replaceInt8(found, codes, { format, emitAny })
} // prettier-ignore
