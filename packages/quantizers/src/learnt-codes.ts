// The fit of everything that chooses codes by XᵀX: weight after weight in the order in which they run, each on what the weights
// before it, coded already, feed to it. What no XᵀX can be had of is rounded to nearest, and said.
import { formatBytes, type FitContext, type Part, type Quantity } from '@damson/core'
import { refuse, type Graph } from '@damson/graph'
import { codeBlocks, type BlockCodes } from './block-coding.ts'
import type { CodedRows } from './block-grid.ts'
import type { BlockParams } from './block-params.ts'
import { accuracyLevelOf } from './block-quantizer.ts'
import { replaceBlocks, type BlockWeight } from './block-weights.ts'
import { codeRows, type CodedTensors } from './coded-rows.ts'
import { createCoder } from './coder.ts'
import { hessianBytes, hessians, stagesOf, type Stage } from './hessians.ts'
import { warnByReason } from './left-alone.ts'
import { replaceWeights, type Replacement } from './replace-weights.ts'

/** Codes of one part by the ids of its weights. */
export type PartCodes = Readonly<Record<string, CodedTensors>>

/** Prepares what all weights of a stage share; gives back what codes rows [rows, K] of any of them. */
export type RowCoder = (
  H: Float64Array,
  stage: Stage,
) => (found: BlockWeight) => (rows: Float64Array, from: number) => CodedRows

export interface Learning {
  /** `id:version`, for the keys of what is rounded to nearest. */
  readonly key: string
  readonly sampleCount: number
  readonly memory: Quantity<'bytes'> | 'auto'
  readonly code: RowCoder
}

/** Codes of the weights of one part, learnt from its samples. */
export async function learnCodes<P extends BlockParams>(
  ctx: FitContext<P>,
  part: Part,
  claimed: readonly BlockWeight[],
  { key, sampleCount, memory, code }: Learning,
): Promise<PartCodes> {
  const budget = memory === 'auto' ? undefined : memory.value
  const { stages, unseen } = withinBudget(stagesOf(part.graph, claimed), budget)
  const left = unseen.map(({ found, refusal }) => ({ weight: found.weight, refusal }))
  warnByReason(
    ctx,
    { code: 'rounded-to-nearest', what: 'rounded to nearest without samples' },
    part.name,
    left,
  )
  const coder = createCoder(reason => ctx.warn('no-wasm', reason))
  const level = accuracyLevelOf(ctx)
  const done: Replacement[] = unseen.map(({ found }) =>
    replaceBlocks(found, codeBlocks(found.matrix, found.spec, key, coder), level),
  )
  const learnt: Record<string, CodedTensors> = {}
  const total = claimed.length - unseen.length
  const graph = (): Graph => replaceWeights(part.graph, done)
  for await (const { stage, H } of hessians(stages, { ctx, part, sampleCount, memory: budget, graph })) {
    const coderOf = code(H, stage)
    for (const found of stage.weights) {
      ctx.signal.throwIfAborted()
      const tensors = await codeRows(found.matrix, found.spec, coderOf(found), ctx.signal)
      learnt[found.weight.id] = tensors
      done.push(replaceBlocks(found, blockCodesOf(tensors), level))
      ctx.progress(Object.keys(learnt).length, total)
    }
  }
  return learnt
}

/** Learnt codes as those of any other solver. */
export function blockCodesOf(tensors: CodedTensors): BlockCodes {
  return { ...tensors, zeroPoints: 'zeroPoints' in tensors ? tensors.zeroPoints : undefined }
}

type Found = ReturnType<typeof stagesOf>

/** Work on a matrix takes twice its size beside it. */
function withinBudget({ stages, unseen }: Found, budget: number | undefined): Found {
  if (budget === undefined) return { stages, unseen }
  const fits = ({ K }: Stage): boolean => 3 * hessianBytes(K) <= budget
  const beyond = stages
    .filter(stage => !fits(stage))
    .flatMap(({ K, weights }) =>
      weights.map(found => ({
        found,
        refusal: refuse(
          `needs ${formatBytes(3 * hessianBytes(K))}, more than \`memory\` allows`,
          found.weight,
        ),
      })),
    )
  return { stages: stages.filter(fits), unseen: [...unseen, ...beyond] }
}
