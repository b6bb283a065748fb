// From settings to two pictures, doing only what is not done yet: open, draw the original, smash, draw the smashed.
import { differenceOf, psnr, ssim } from '@damson/pipelines'
import type { Difference, Drawn, OpenedModel, Progress, Side, SmashedModel } from './protocol.ts'
import { modelKey, originalKey, recipeKey, type Settings } from './settings.ts'
import type { StudioClient } from './studio-client.ts'

/** Who shows what comes. */
export interface Stage {
  opened(model: OpenedModel): void
  smashed(model: SmashedModel): void
  /** A side begins to be drawn, or is waiting for that. */
  cleared(side: Side): void
  progress(side: Side | undefined, progress: Progress): void
  drawn(side: Side, drawn: Drawn): void
  compared(difference: Difference): void
}

/** How much stronger differences are shown than they are. */
const gain = 4

interface Kept<T> {
  readonly key: string
  readonly value: T
}

/** A function that brings the stage to some settings; what earlier settings left is used again. */
export function createComparison(
  client: StudioClient,
  stage: Stage,
): (settings: Settings, signal: AbortSignal) => Promise<void> {
  let open: string | undefined
  let recipe: string | undefined
  let original: Kept<Drawn> | undefined
  const asking = (signal: AbortSignal, side?: Side) => ({
    signal,
    onProgress: (progress: Progress) => stage.progress(side, progress),
  })
  const drawOriginal = async (settings: Settings, signal: AbortSignal): Promise<Drawn> => {
    const key = originalKey(settings)
    if (original?.key === key) return original.value
    original = undefined
    stage.cleared('original')
    const value = await client.draw('original', settings.input, {}, asking(signal, 'original'))
    original = { key, value }
    stage.drawn('original', value)
    return value
  }
  return async (settings, signal) => {
    stage.cleared('smashed')
    if (open !== modelKey(settings)) {
      open = recipe = original = undefined
      stage.cleared('original')
      stage.opened(await client.open(settings.model, settings.machine, asking(signal)))
      open = modelKey(settings)
    }
    const before = await drawOriginal(settings, signal)
    if (recipe !== recipeKey(settings)) {
      recipe = undefined
      stage.smashed(await client.smash(settings.recipe, asking(signal)))
      recipe = recipeKey(settings)
    }
    const { input, controls } = settings
    const after = await client.draw('smashed', input, controls, asking(signal, 'smashed'))
    stage.drawn('smashed', after)
    stage.compared(difference(before, after))
  }
}

function difference({ picture: a }: Drawn, { picture: b }: Drawn): Difference {
  const decibels = psnr(a, b)
  const equal = decibels === Infinity
  return { picture: differenceOf(a, b, gain), psnr: equal ? null : decibels, ssim: ssim(a, b), gain }
}
