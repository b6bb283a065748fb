// Recorded generations, as what changes from step to step: the latents x, and the outputs u without and c with the text.
// Batched guidance shows in a batch whose two halves are fed the same latents; sequential guidance in its branches.
import type { FitContext, Params, Sample, TensorData } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { numbersOf } from '../gating/combined-tensors.ts'
import { hasEqualHalves } from '../guidance/both-halves.ts'
import { denoiserInputs } from '../structure/denoiser-inputs.ts'

type Numbers = Float32Array | Float64Array

/** One step of a generation; u and c are one where there was no guidance. */
export interface Moment {
  readonly x: Numbers
  readonly u: Numbers
  readonly c: Numbers
}

/** One generation, a moment a step from 0 on. */
export type Trajectory = readonly Moment[]

/** The recorded generations of a part, one at a time: what went before is let go. */
export async function* trajectories<P extends Params>(
  ctx: FitContext<P>,
  part: string,
): AsyncIterable<Trajectory> {
  const { graph } = ctx.model.part(part)
  const sample = denoiserInputs(graph)?.sample ?? ''
  const output = graph.outputs[0]?.name ?? ''
  const live = await ctx.open(graph)
  let moments: Partial<Record<string, Moment>>[] = []
  let id: number | undefined
  for await (const each of ctx.samples(part)) {
    ctx.signal.throwIfAborted()
    const { run } = each
    if (!run) throw unordered(part)
    if (id !== undefined && run.id !== id) {
      yield joined(moments)
      moments = []
    }
    id = run.id
    const known = (moments[run.step] ??= {})
    // Heun calls twice a step; the first call is where the step begins.
    if (known[run.branch]) continue
    const outputs = await live.run('main', each.feeds)
    known[run.branch] = moment(each, sample, outputs[output])
  }
  if (moments.length > 0) yield joined(moments)
}

function moment({ feeds, run }: Sample, sample: string, output: TensorData | undefined): Moment {
  const latents = feeds[sample]
  const x = latents && numbersOf(latents)
  const y = output && numbersOf(output)
  if (!x || !y || x.length !== y.length) {
    throw new DamsonError(
      'unlike-latents',
      `Expected a denoiser whose output is as large as the latents it is fed, got ${y?.length ?? 'no float'} numbers for ${x?.length ?? 'no float'}. Use taylorSeer for this one.`,
    )
  }
  if (run?.branch !== 'both' || !hasEqualHalves(latents)) return { x, u: y, c: y }
  const half = x.length / 2
  return { x: x.subarray(half), u: y.subarray(0, half), c: y.subarray(half) }
}

/** One moment a step, of whichever branches there were. */
function joined(moments: readonly Partial<Record<string, Moment>>[]): Trajectory {
  return Array.from(moments, (branches, step) => {
    const { cond, uncond, both } = branches ?? {}
    if (both) return both
    const one = cond ?? uncond
    if (!one) throw new DamsonError('missing-steps', `Expected every step of a recorded generation, but step ${step} is missing. Record whole generations.`) // prettier-ignore
    return { x: one.x, u: (uncond ?? one).u, c: one.c }
  })
}

function unordered(part: string): DamsonError {
  return new DamsonError(
    'unordered-samples',
    `Expected samples of "${part}" that say which step of which generation they are, got samples without. Record them: record(pipeline, inputs), or, on the command line, --samples with a .jsonl file of prompts.`,
  )
}
