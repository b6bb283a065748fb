// com.microsoft: the operators that ONNX Runtime's optimizers and damson's kernels put in place of ONNX ones.
import type { Dim } from '../../ir.ts'
import type { Rule, RuleTable } from '../call.ts'
import { divideDims } from '../dim.ts'
import { tensorFact } from '../fact.ts'
import { microsoftAttentionRules } from './attention.ts'
import { convRules } from './conv.ts'
import { sameAsFirst } from './elementwise.ts'
import { generateRules } from './generate.ts'
import { indexingRules } from './indexing.ts'
import { withLast } from './layout.ts'
import { matmulRules } from './matmul.ts'
import { microsoftQuantizeRules } from './quantize.ts'
import { recurrentRules } from './recurrent.ts'

/** The ONNX rule of the same operator, where inputs and attributes agree. */
function borrow(table: RuleTable, op: string): RuleTable[string] {
  return call => table[op]?.(call) ?? []
}

/** Output, statistics with last size 1, and at 3 the sum that was normalized. */
const skipNormalization: Rule = call => {
  const shape = call.shape(0)
  const statistics = tensorFact('float32', shape && withLast(shape, 1))
  const same = tensorFact(call.dtype(0), shape)
  return [same, statistics, statistics, same]
}

/** ids [B, S] and a word table [words, hidden] → [B, S, hidden], mask index [B], the sum before the norm. */
const embedLayerNormalization: Rule = call => {
  const [ids, words] = [call.shape(0), call.shape(2)]
  const shape = ids && [...ids, words?.[1] ?? null]
  return [
    tensorFact(call.dtype(2), shape),
    tensorFact('int32', [ids?.[0] ?? null]),
    tensorFact(call.dtype(2), shape),
  ]
}

/** Half of the last dimension gates the other half. */
const biasSplitGelu: Rule = call => {
  const shape = call.shape(0)
  return [tensorFact(call.dtype(0), shape && withLast(shape, divideDims(shape.at(-1) ?? null, 2)))]
}

const skipGroupNorm: Rule = call => {
  const same = tensorFact(call.dtype(0), call.shape(0))
  return [same, same]
}

const torchEmbedding: Rule = call => {
  const [table, indices] = [call.shape(0), call.shape(1)]
  return [tensorFact(call.dtype(0), indices && [...indices, table?.[1] ?? null])]
}

const distances: Rule = call => {
  const rows = (at: number): Dim => call.shape(at)?.[0] ?? null
  return [tensorFact(call.dtype(0), [rows(0), rows(1)])]
}

const keeping =
  'BiasAdd BiasGelu BiasSoftmax FastGelu Gelu GroupNorm Inverse MoE QMoE QuickGelu ScaledSiLU Trilu GatedAdd'

export const microsoftRules: RuleTable = {
  ...Object.fromEntries(keeping.split(' ').map(op => [op, sameAsFirst])),
  ...microsoftQuantizeRules,
  ...microsoftAttentionRules,
  SkipLayerNormalization: skipNormalization,
  SkipSimplifiedLayerNormalization: skipNormalization,
  SkipGroupNorm: skipGroupNorm,
  EmbedLayerNormalization: embedLayerNormalization,
  BiasSplitGelu: biasSplitGelu,
  TorchEmbedding: torchEmbedding,
  CDist: distances,
  FusedConv: borrow(convRules, 'Conv'),
  FusedGemm: borrow(matmulRules, 'Gemm'),
  GemmFastGelu: borrow(matmulRules, 'MatMul'),
  GatherND: borrow(indexingRules, 'GatherND'),
  Range: borrow(generateRules, 'Range'),
  DynamicQuantizeLSTM: borrow(recurrentRules, 'LSTM'),
}
