// Every inference rule by domain and operator.
import type { Rule, RuleTable } from '../call.ts'
import { attentionRules } from './attention.ts'
import { controlFlowRules } from './control-flow.ts'
import { convRules } from './conv.ts'
import { elementwiseRules } from './elementwise.ts'
import { generateRules } from './generate.ts'
import { imageRules } from './image.ts'
import { indexingRules } from './indexing.ts'
import { layoutRules } from './layout.ts'
import { matmulRules } from './matmul.ts'
import { microsoftRules } from './microsoft.ts'
import { normalizationRules } from './normalization.ts'
import { quantizeRules } from './quantize.ts'
import { recurrentRules } from './recurrent.ts'
import { reduceRules } from './reduce.ts'
import { sequenceRules } from './sequence.ts'
import { signalRules } from './signal.ts'

const onnxRules: RuleTable = {
  ...attentionRules,
  ...controlFlowRules,
  ...convRules,
  ...elementwiseRules,
  ...generateRules,
  ...imageRules,
  ...indexingRules,
  ...layoutRules,
  ...matmulRules,
  ...normalizationRules,
  ...quantizeRules,
  ...recurrentRules,
  ...reduceRules,
  ...sequenceRules,
  ...signalRules,
}

/** Rules by domain, then operator. */
export const rules: ReadonlyMap<string, ReadonlyMap<string, Rule>> = new Map([
  ['', new Map(Object.entries(onnxRules))],
  ['com.microsoft', new Map(Object.entries(microsoftRules))],
])
