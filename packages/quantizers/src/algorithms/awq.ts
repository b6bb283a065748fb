// Activation-aware coding: what meets large inputs is scaled up before it is rounded, and whatever makes those inputs is scaled
// down, so nothing but the rounding errors changes. Where no norm or product makes them, only the clipping is searched.
//   Y = (X / s) · Q(s ∘ W),  s = m^α normalised, α by a grid;  then the range of each block by least output error
import { defineAlgorithm, flag, int, type FitContext, type Part } from '@damson/core'
import { isRefusal } from '@damson/graph'
import { bestScales, judgedRows, scaledHessian, scaledRows } from '../activation-aware.ts'
import { codesByOutput, rangeShares } from '../block-output.ts'
import { blockParams } from '../block-params.ts'
import type { BlockWeight } from '../block-weights.ts'
import { foldedScales } from '../folded-scales.ts'
import type { Stage } from '../hessians.ts'
import type { Learning, Learnt } from '../learnt-codes.ts'
import { learningParams } from '../learning-params.ts'
import { learnsBlocks, type LearntParts } from '../learns-blocks.ts'
import { claimedWeights } from '../left-alone.ts'
import { foldsOf, type Fold } from '../scale-folds.ts'

const id = '@damson/quantizers/awq'
const version = 1

const params = {
  ...blockParams({ blockSize: 128 }),
  /** Exponents tried between 0 and 1; 0 is always among them. */
  grid: int({ min: 1, max: 100, default: 20, doc: 'Exponents tried between 0 and 1.' }),
  /** Search the share of each block's range that is coded; numbers beyond it are clipped. */
  clip: flag({ default: true, doc: "Search the share of each block's range that is coded." }),
  ...learningParams,
}

const blocks = learnsBlocks<FitContext<typeof params>>({
  id,
  version,
  learning: (ctx, part, claimed) => ({ code: activationAware(ctx, part, claimed) }),
})

/** Activation-aware weight quantization (AWQ). */
export const awq = defineAlgorithm<typeof params, LearntParts>({
  id,
  version,
  summary: 'Weights in 2, 4 or 8 bits, those that meet large inputs scaled up before rounding.',
  paper: 'Lin et al. 2023, arXiv 2306.00978',
  params,
  ...blocks,
  contract: { ...blocks.contract, changes: true },
  groups: (part, ctx) => {
    const coded = blocks.groups(part, ctx)
    if (isRefusal(coded)) return coded
    const claimed = claimedWeights(coded)
    const used = foldsOf(part.graph).filter(({ readers }) =>
      readers.some(({ weight }) => claimed.has(weight.id) && ctx.selects({ weight })),
    )
    const touched = used.flatMap(touchedBy).map(weight => ({ weight }))
    return touched.length > 0 ? [...coded, { sites: touched, needs: ['weight:float'], changes: true }] : coded
  },
})

const touchedBy = ({ vectors, producer, readers }: Fold): readonly Fold['vectors'][number][] => [
  ...vectors,
  ...(producer ? [producer.weight] : []),
  ...readers.map(({ weight }) => weight),
]

function activationAware(
  ctx: FitContext<typeof params>,
  part: Part,
  weights: readonly BlockWeight[],
): Learning['code'] {
  const { clip, grid, blockSize } = ctx.params
  const claimed = new Set(weights.map(({ weight }) => weight.id))
  const search = { shares: clip ? rangeShares : [1], refits: 0 }
  const folds = new Map(foldsOf(part.graph).map(fold => [fold.value, fold]))
  return async (sums, stage, before) => {
    const { H, rows: seen } = sums
    const { K, values } = stage
    const fold = values.length === 1 ? folds.get(values[0] ?? '') : undefined
    if (!fold || !canTake(fold, stage, claimed, before)) return codesByOutput(sums, K, blockSize, search)
    const judged = await Promise.all(stage.weights.map(each => judgedRows(each, ctx.signal)))
    const scales = bestScales(H, K, judged, grid)
    if (!scales) return codesByOutput(sums, K, blockSize, search)
    const { coderOf } = codesByOutput({ H: scaledHessian(H, scales), rows: seen }, K, blockSize, search)
    return {
      coderOf: found => (rows, from) => coderOf(found)(scaledRows(rows, scales), from),
      changed: await foldedScales(fold, scales, claimed, before),
    }
  }
}

/** What is coded has to be coded with these scales: the readers in this stage, the maker before it. */
function canTake(
  { producer, readers }: Fold,
  stage: Stage,
  claimed: ReadonlySet<string>,
  { codes }: Learnt,
): boolean {
  const here = new Set(stage.weights.map(({ weight }) => weight.id))
  const open = readers.every(({ weight }) => here.has(weight.id) || !claimed.has(weight.id))
  return open && (!producer || !claimed.has(producer.weight.id) || codes[producer.weight.id] !== undefined)
}
