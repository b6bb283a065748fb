// What `half` learns before it rewrites: the ranges of weights, each read once, and with samples those of activations.
import type { FitContext, Params } from '@damson/core'
import { isRefusal, upgradeOpset, type Graph } from '@damson/graph'
import type { Coder } from './coder.ts'
import { diagnose, rangeRequests, type Diagnosis, type Island } from './half-doctor.ts'
import { nothingFound, runsOnCpu, type HalfAim, type HalfFindings, type HalfLayout } from './half-layout.ts'
import { maskedValues, type ConstantRange } from './half-masks.ts'
import { suspiciousRange } from './half-weights.ts'

/** What is known of one part, as it is kept in the state. */
export type PartFindings = {
  readonly guard: 'off' | 'weights' | 'calibrated'
  /** Ranges of constants that need a decision, by value id. */
  readonly constants: readonly (readonly [id: string, range: ConstantRange])[]
  readonly islands: readonly Island[]
  /** Keys of nodes that stay for the ranges of activations. */
  readonly kept: readonly string[]
  readonly measured: number
  readonly unmeasured: number
}

/** The findings as the layout takes them. */
export function findingsOf({ guard, constants, kept }: PartFindings): HalfFindings {
  return { constants: new Map(constants), kept: new Set(kept), guarded: guard !== 'off' }
}

const nothing: PartFindings = {
  guard: 'off',
  constants: [],
  islands: [],
  kept: [],
  measured: 0,
  unmeasured: 0,
}

/** What of a fit an examination needs. */
export type Instruments = Pick<FitContext<Params>, 'statistics' | 'signal' | 'progress'>

/** One part to be learnt about. */
export interface HalfPatient {
  readonly name: string
  readonly guard: PartFindings['guard']
  readonly aim: HalfAim
  readonly layOut: (found: HalfFindings) => HalfLayout
}

/** Looks at one part as closely as its guard says. */
export async function examine(
  { name, guard, aim, layOut: lay }: HalfPatient, coder: Coder, ctx: Instruments,
): Promise<PartFindings> {
  if (guard === 'off') return nothing
  const constants = await weighConstants(lay(nothingFound), coder, ctx)
  const weighed: PartFindings = { ...nothing, guard: 'weights', constants: [...constants] }
  if (guard === 'weights' || aim.type !== 'float16') return weighed
  const layout = lay(findingsOf(weighed))
  const { islands, kept, measured, unmeasured } = await takeRanges(layout, aim, name, ctx)
  return { ...weighed, guard, islands, kept: [...kept], measured, unmeasured }
} // prettier-ignore

/** Ranges of the constants that change and need a decision, by value id. */
async function weighConstants(
  { graph, forms, type }: HalfLayout, coder: Coder, { signal, progress }: Instruments,
): Promise<ReadonlyMap<string, ConstantRange>> {
  const found = new Map<string, ConstantRange>()
  const tensors = [...forms.keys()].flatMap(id => {
    const tensor = graph.constants.get(id)?.tensor
    return tensor ? [{ id, tensor }] : []
  })
  const total = tensors.reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
  let done = 0
  for (const { id, tensor } of tensors) {
    const range = await suspiciousRange(tensor, type, coder, signal)
    if (range) found.set(id, range)
    progress((done += tensor.byteLength), total)
  }
  return found
} // prettier-ignore

/** Runs the samples through the fp32 graph and finds what has to stay. */
async function takeRanges(
  { graph, modes, masks }: HalfLayout, { target }: HalfAim, part: string, ctx: Instruments,
): Promise<Diagnosis> {
  const asked = rangeRequests(graph, modes)
  const { unmeasured } = asked
  const wanted = [...asked.requests.values()]
  if (wanted.length === 0) return { islands: [], kept: new Set(), measured: 0, unmeasured }
  const results = await ctx.statistics(part, wanted, measurable(graph.graph))
  // ONNX Runtime adds in fp32 on CPU, whatever the type of the tensors.
  const exactSums = runsOnCpu(target)
  const { islands, kept } = diagnose(graph, asked, results, maskedValues(graph, masks), exactSums)
  return { islands, kept, measured: asked.rangeOf.size, unmeasured }
} // prettier-ignore

/** Statistics are nodes of opset 9. */
function measurable(graph: Graph): Graph {
  const upgraded = graph.opset() < 9 ? upgradeOpset(graph, 9) : graph
  return isRefusal(upgraded) ? graph : upgraded
}
