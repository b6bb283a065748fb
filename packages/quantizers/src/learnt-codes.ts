// The fit of everything that chooses codes by XᵀX: weight after weight in the order in which they run, each on what the weights
// before it, coded already, feed to it. What no XᵀX can be had of is rounded to nearest on the grid of least error, and said.
import { formatBytes, type Context, type FitContext, type Part, type Quantity } from '@damson/core'
import { refuse, type Graph, type Tensor } from '@damson/graph'
import { codeBlocks, type BlockCodes } from './block-coding.ts'
import type { CodedRows } from './block-grid.ts'
import type { BlockParams } from './block-params.ts'
import type { BlockSolver } from './block-quantizer.ts'
import { accuracyLevelOf } from './block-targets.ts'
import { replaceBlocks, type BlockWeight } from './block-weights.ts'
import { codeRows, type CodedTensors } from './coded-rows.ts'
import { createCoder } from './coder.ts'
import { inputSums, stagesOf, sumBytes, type InputSums, type Stage } from './hessians.ts'
import { warnByReason } from './left-alone.ts'
import { replaceWeights, type Replacement } from './replace-weights.ts'

/** Codes of one part by the ids of its weights. */
export type PartCodes = Readonly<Record<string, CodedTensors>>

/** What a fit has found out of one part. */
export interface Learnt {
  readonly codes: PartCodes
  /** Weights that changed and stay in floating point, by name. */
  readonly tensors: Readonly<Record<string, Tensor>>
}

/** How the weights of a stage are coded, and what else of the part changes with them. */
export interface StageCodes {
  /** What codes rows [rows, K] of one of the weights, the first of them being row `from`. */
  readonly coderOf: (found: BlockWeight) => (rows: Float64Array, from: number) => CodedRows
  readonly changed?: Learnt
}

export interface Learning {
  /** `id:version`, for the keys of what is rounded to nearest. */
  readonly key: string
  readonly sampleCount: number
  readonly memory: Quantity<'bytes'> | 'auto'
  /** Whether `sums` shall say what the inputs have lost so far. */
  readonly drift?: boolean
  /** Whether filters of convolutions are learnt as well: by what looks at whole rows. */
  readonly filters?: boolean
  /** `sums`: XᵀX [K, K] of the stage on the graph as it is by now; `before`: what was learnt of the stages before it. */
  readonly code: (sums: InputSums, stage: Stage, before: Learnt) => StageCodes | Promise<StageCodes>
}

/** Codes of the weights of one part, learnt from its samples. */
export async function learnCodes<P extends BlockParams>(
  ctx: FitContext<P>,
  part: Part,
  claimed: readonly BlockWeight[],
  { key, sampleCount, memory, code, drift = false, filters = false }: Learning,
): Promise<Learnt> {
  const budget = memory === 'auto' ? undefined : memory.value
  const { stages, unseen } = withinBudget(stagesOf(part.graph, claimed, filters), budget, drift)
  const left = unseen.map(({ found, refusal }) => ({ weight: found.weight, refusal }))
  const what = 'rounded to nearest without samples'
  warnByReason(ctx, { code: 'rounded-to-nearest', what }, part.name, left)
  const coder = createCoder(reason => ctx.warn('no-wasm', reason))
  const level = accuracyLevelOf(ctx)
  const rounded = unseen.map(({ found }) =>
    replaceBlocks(found, codeBlocks(found.matrix, { ...found.spec, search: 'mse' }, key, coder), level),
  )
  const seen = stages.flatMap(({ weights }) => weights)
  let learnt: Learnt = { codes: {}, tensors: {} }
  const graph = (): Graph => {
    const replaced = [...rounded, ...coded(seen, learnt, level)]
    const scaled = withTensors(part.graph, learnt.tensors)
    return replaced.length > 0 ? replaceWeights(scaled, replaced) : scaled
  }
  const streaming = { ctx, part, sampleCount, memory: budget, graph, drift }
  for await (const { stage, sums } of inputSums(stages, streaming)) {
    const { coderOf, changed } = await code(sums, stage, learnt)
    learnt = merged(learnt, changed)
    for (const found of stage.weights) {
      const tensors = await codeRows(found.matrix, found.spec, coderOf(found), ctx.signal)
      learnt = merged(learnt, { codes: { [found.weight.id]: tensors }, tensors: {} })
      ctx.progress(Object.keys(learnt.codes).length, seen.length)
    }
  }
  return learnt
}

function coded(seen: readonly BlockWeight[], { codes }: Learnt, level: number): readonly Replacement[] {
  return seen.flatMap(found => {
    const known = codes[found.weight.id]
    return known ? [replaceBlocks(found, blockCodesOf(known), level)] : []
  })
}

function merged(before: Learnt, changed: Learnt | undefined): Learnt {
  return changed
    ? { codes: { ...before.codes, ...changed.codes }, tensors: { ...before.tensors, ...changed.tensors } }
    : before
}

/** The graph with other numbers in some of its weights. */
export function withTensors(graph: Graph, tensors: Learnt['tensors']): Graph {
  if (Object.keys(tensors).length === 0) return graph
  const initializers = [...graph.initializers].map(([name, each]) => {
    const tensor = tensors[name]
    return [name, tensor ? { ...each, tensor } : each] as const
  })
  return graph.with({ initializers: new Map(initializers) })
}

/** The codes that were learnt of a weight; where none were, those of least squared error. */
export const learntSolver: BlockSolver<Context<BlockParams>, PartCodes> = (matrix, spec, how) => {
  const learnt = how.state[how.weight.id]
  return learnt ? blockCodesOf(learnt) : codeBlocks(matrix, { ...spec, search: 'mse' }, how.key, how.coder)
}

/** Learnt codes as those of any other solver. */
export function blockCodesOf(tensors: CodedTensors): BlockCodes {
  return { ...tensors, zeroPoints: 'zeroPoints' in tensors ? tensors.zeroPoints : undefined }
}

type Found = ReturnType<typeof stagesOf>

/** Work on a matrix takes twice its size beside it. */
function withinBudget({ stages, unseen }: Found, budget: number | undefined, drift: boolean): Found {
  if (budget === undefined) return { stages, unseen }
  const needed = (K: number): number => 3 * sumBytes(K, drift)
  const fits = ({ K }: Stage): boolean => needed(K) <= budget
  const beyond = stages
    .filter(stage => !fits(stage))
    .flatMap(({ K, weights }) =>
      weights.map(found => ({
        found,
        refusal: refuse(`needs ${formatBytes(needed(K))}, more than \`memory\` allows`, found.weight),
      })),
    )
  return { stages: stages.filter(fits), unseen: [...unseen, ...beyond] }
}
