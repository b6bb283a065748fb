// One side of the comparison: a model open on the machine, warmed up, that draws from a prompt and a seed.
import { smash, type Model } from '@damson/core'
import { textToImage } from '@damson/pipelines'
import type { Machine } from './machine.ts'
import type { Controls, Drawn, DrawInput, Progress, StepDone } from './protocol.ts'
import { watchRuns } from './watched-runs.ts'

export interface DrawingSide {
  readonly model: Model
  /** `controls` are those of the step of an id. */
  draw(
    input: DrawInput,
    controls: Readonly<Record<string, Controls>>,
    say: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Drawn>
  close(): Promise<void>
}

/** Opens a model and runs it once, so that times are not those of loading. */
export async function openSide(
  model: Model,
  { runtime, target }: Machine,
  signal: AbortSignal,
): Promise<DrawingSide> {
  const runs = new Set<number>()
  const watched = await smash(model, [watchRuns(step => runs.add(step))], { target, signal })
  const pipeline = await textToImage(watched, { runtime, signal })
  const draw: DrawingSide['draw'] = async (input, controls, say, signal) => {
    runs.clear()
    const steps: StepDone[] = []
    const start = performance.now()
    let [last, away] = [start, 0]
    const { pictures } = await pipeline.run({
      ...input,
      controls,
      signal,
      async onStep({ step, preview }) {
        const now = performance.now()
        steps.push({ ms: now - last, isFull: runs.has(step - 1) })
        const [picture] = await preview()
        if (picture) say({ kind: 'step', preview: picture, steps })
        await messages()
        last = performance.now()
        away += last - now
      },
    })
    const [picture] = pictures
    if (!picture) throw new Error('Expected a picture, the model drew none.')
    return { picture, ms: performance.now() - start - away, steps }
  }
  await draw({ prompt: '', seed: 0, steps: 1, guidance: 2 }, {}, () => {}, signal)
  return { model, draw, close: () => pipeline.close() }
}

/** Lets in what was posted meanwhile: a run on WebAssembly leaves no room for it. */
function messages(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve))
}
