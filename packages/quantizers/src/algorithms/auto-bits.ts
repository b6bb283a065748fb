// Bits where they matter: each weight gets the width and block that make the noise of the whole least at a given size.
//   minimize Σ D(w, c_w)  subject to  Σ bytes(w, c_w) ≤ budget
// D is the noise that a weight in that form makes in the outputs, measured with that weight alone coded (`bit-costs.ts`); errors
// of rounding are independent, so noises add up. The choice is a knapsack and solved exactly (`knapsack.ts`). Codes are then
// found by any of the solvers that code in blocks.
import { defineAlgorithm, isRefusal } from '@damson/core'
import { refuse } from '@damson/graph'
import { allotBits, choicesOf, codeAllotted, type Allotted } from '../bit-allotment.ts'
import { preparedGraph } from '../bit-codes.ts'
import { bitParams, type BitParams } from '../bit-params.ts'
import { optionsOf } from '../bit-choices.ts'
import { weightContract, weightGroups } from '../weight-quantizer.ts'

const id = '@damson/quantizers/auto-bits'
const version = 1

/** Bits for each weight by how much it matters, within a budget. */
export const autoBits = defineAlgorithm<BitParams, Allotted>({
  id,
  version,
  summary:
    'Each weight in as many bits as it is worth: noise measured weight by weight, a size or a quality kept exactly.',
  paper: 'NNCF mixed precision; Nemhauser & Ullmann 1969 for the knapsack',
  contract: weightContract,
  params: bitParams,
  measures: true,
  groups: (part, ctx) => {
    const { objective, budget } = ctx.params
    if (objective === 'latency' && budget.unit !== 'decibels')
      return refuse('objective latency needs a quality to keep: give the budget in decibels, 30dB say')
    return weightGroups(part, ctx, {
      prepare: preparedGraph,
      find: (weight, graph) => {
        const options = optionsOf(weight, graph, choicesOf(ctx.params), ctx.params)
        if (isRefusal(options)) return options
        const coded = new Map(options.flatMap(({ found }) => [...(found?.coded ?? [])]))
        return { weight, readers: options.flatMap(({ found }) => found?.readers ?? []), coded }
      },
    })
  },
  fit: ctx => allotBits(ctx, `${id}:${version}`),
  rewrite: (model, ctx, state) => codeAllotted(model, ctx, state, `${id}:${version}`),
})
