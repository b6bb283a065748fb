// How far a value inside a network and its output moved from call to call of recorded runs: what the one tells of the other is
// fitted on that.
import { DamsonError, type FitContext, type Params, type Sample, type TensorData } from '@damson/core'
import { Draft, inferTypes, type Graph } from '@damson/graph'
import { numbersOf } from '../gating/combined-tensors.ts'
import { sameSizes, sizesByName, type Sizes } from '../gating/fed-values.ts'

interface Seen {
  readonly sizes: Sizes
  readonly value: TensorData
  readonly output: TensorData
}

/** Relative changes [of the value, of the first output], one for every two calls of a run and branch that follow each other. */
export async function recordedChanges<P extends Params>(
  ctx: FitContext<P>,
  part: string,
  value: string,
): Promise<readonly (readonly [number, number])[]> {
  const samples = await samplesOf(ctx, part)
  if (samples.length < 2) return []
  const graph = withOutput(inferTypes(ctx.model.part(part).graph), value)
  const output = graph.outputs[0]?.name ?? ''
  const live = await ctx.open(graph)
  const last = new Map<string, Seen>()
  const found: (readonly [number, number])[] = []
  for (const [at, { feeds, run }] of samples.entries()) {
    const outputs = await live.run('main', feeds)
    const [now, made] = [outputs[value], outputs[output]]
    const sizes = sizesByName(feeds)
    const key = `${run?.id}:${run?.branch}`
    const before = last.get(key)
    if (!now || !made) continue
    if (before && sameSizes(before.sizes, sizes))
      found.push([change(before.value, now), change(before.output, made)])
    last.set(key, { sizes, value: now, output: made })
    ctx.progress(at + 1, samples.length)
  }
  return found.filter(pair => pair.every(Number.isFinite))
}

/** Samples of recorded runs; none where none were given, since a fit on them is a choice. */
async function samplesOf<P extends Params>(ctx: FitContext<P>, part: string): Promise<readonly Sample[]> {
  const found: Sample[] = []
  try {
    for await (const sample of ctx.samples(part)) if (sample.run) found.push(sample)
  } catch (error) {
    if (!DamsonError.isInstance(error, 'missing-samples')) throw error
  }
  return found
}

function withOutput(graph: Graph, value: string): Graph {
  if (graph.isOutput(value)) return graph
  const draft = new Draft(graph)
  const type = draft.typeOf(value)
  draft.setOutputs([...draft.outputs, { name: value, ...(type ? { type } : {}) }])
  return graph.with({ outputs: draft.finish().outputs })
}

/** mean|a − b| / mean|a| of the row where it is largest; NaN of what are no floats. */
function change(before: TensorData, now: TensorData): number {
  const [a, b] = [numbersOf(before), numbersOf(now)]
  if (!a || !b) return NaN
  const rows = before.shape[0] ?? 1
  const size = a.length / rows
  return Math.max(
    ...Array.from({ length: rows }, (_, row) => {
      let moved = 0
      let whole = 0
      for (let at = row * size; at < (row + 1) * size; at++) {
        moved += Math.abs((a[at] ?? 0) - (b[at] ?? 0))
        whole += Math.abs(a[at] ?? 0)
      }
      return moved / whole
    }),
  )
}
