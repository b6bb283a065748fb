// Products in 8-bit integers: weights are coded once, activations while the model runs, each with the range it has at that
// moment. No data is needed. Codes, scales and zero points of products are those of ONNX Runtime's quantize_dynamic.
//   symmetric:  s = max|w| / 127, q = round(w / s)                    channel: a column of a matrix, a filter
//   otherwise:  s = (max − min) / 255, z = round(low − min / s), q = round(w / s) + z
//   y = (Σ (a_q − a_z)(w_q − w_z)) · a_s · w_s
import { defineAlgorithm, flag, list, oneOf, type Context } from '@damson/core'
import { isRefusal, refuse, upgradeOpset, type Graph, type Refusal, type Weight } from '@damson/graph'
import { choiceOf, int8Operators, productFormat } from '../int8-choice.ts'
import { codeInt8 } from '../int8-coding.ts'
import { gatesAgree } from '../int8-recurrent.ts'
import { replaceInt8 } from '../int8-replacement.ts'
import { withSums } from '../int8-sums.ts'
import { int8WeightOf, type Int8Weight } from '../int8-weights.ts'
import { quantizesWeights, weightContract } from '../weight-quantizer.ts'

const id = '@damson/quantizers/dynamic-int8'
const version = 1

const params = {
  /** Codes of MatMul and Gemm; convolutions and tables are uint8 always. `auto`: int8 on cpu:vnni, else uint8, which never saturates. */
  weights: oneOf({
    options: ['int8', 'uint8'],
    or: ['auto'],
    default: 'auto',
    doc: 'Codes of MatMul and Gemm; convolutions and tables are uint8 always. auto: int8 on cpu:vnni, else uint8, which never saturates.',
  }),
  /** What shares a scale: a column of a matrix or table and a filter of a convolution, or the whole weight. */
  per: oneOf({
    options: ['channel', 'tensor'],
    default: 'channel',
    doc: 'What shares a scale: a column of a matrix or table and a filter of a convolution, or the whole weight.',
  }),
  /** Centre the codes of MatMul and Gemm on zero, as quantize_dynamic does with int8; without it, their range is that of the weight. */
  symmetric: flag({
    default: false,
    doc: 'Centre the codes of MatMul and Gemm on zero, as quantize_dynamic does with int8; else their range is that of the weight.',
  }),
  /**
   * One bit less, for processors that add pairs of 8-bit products in 16 bits (int8 on x86 without VNNI). `auto`: int8 on cpu gets
   * as many codes as its own pairs leave. Convolutions and tables keep all.
   */
  reduceRange: flag({
    or: ['auto'],
    default: 'auto',
    doc: 'One bit less, for processors that add pairs of products in 16 bits. auto: int8 on cpu gets as many codes as its own pairs leave.',
  }),
  /** Operators to code. `auto`: all, without Conv on cpu, where integers are slower; on wasm LSTM is decoded on loading for that. */
  ops: list({
    of: { kind: 'one-of', options: int8Operators },
    or: ['auto'],
    default: 'auto',
    doc: 'Operators to code. auto: all, without Conv on cpu, where integers are slower; on wasm LSTM is decoded on loading for that.',
  }),
  /** Products as ONNX Runtime's kernels of com.microsoft, which make a session sooner, or in operators of ONNX alone; the same bits. */
  format: productFormat,
}

type Ctx = Context<typeof params>

const quantizer = quantizesWeights<typeof params, Int8Weight>({
  prepare: withDynamicQuantize,
  find: (weight, graph, { params, target, selects }) => {
    const choice = choiceOf(params, target, graph.opset())
    const agree = (gate: Weight): boolean => gatesAgree(gate, graph, each => selects({ weight: each }))
    const found = int8WeightOf(weight, choice, gate => choice.integerGates && agree(gate))
    return isRefusal(found) || params.format === 'standard' ? found : withSums(found, selects)
  },
  replace: (found, { params }, coder) =>
    replaceInt8(found, codeInt8(found.weight.tensor, found.spec, `${id}:${version}`, coder), {
      format: params.format,
    }),
})

/** Integer products with activations coded at run time. */
export const dynamicInt8 = defineAlgorithm({
  id,
  version,
  summary: 'Products in 8-bit integers; activations are coded while the model runs, so no data is needed.',
  paper: 'ONNX Runtime quantize_dynamic; Jacob et al. 2018, arXiv 1712.05877',
  contract: weightContract,
  params,
  groups: quantizer.groups,
  rewrite: (model, ctx) => {
    warnOfSaturation(ctx)
    return quantizer.rewrite(model, ctx)
  },
})

/** DynamicQuantizeLinear came with opset 11. */
function withDynamicQuantize(graph: Graph, { target }: Ctx): Graph | Refusal {
  if (target === 'webgpu') return refuse('webgpu has no integer products (MatMulInteger); use weightOnly')
  return upgradeOpset(graph, 11)
}

function warnOfSaturation(ctx: Ctx): void {
  if (ctx.target !== 'cpu' || ctx.params.weights !== 'int8' || ctx.params.reduceRange !== false) return
  ctx.warn(
    'may-saturate',
    'int8 products saturate on x86 without VNNI: leave reduceRange at auto, or take weights uint8.',
  )
}
