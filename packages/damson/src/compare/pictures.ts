// Two text-to-image models by what they are for: the same prompts and seeds through the whole of both, in turn.
import { psnr, ssim, type Picture } from '@damson/pipelines'
import { median, ratioOf } from './interleaved.ts'
import type { Latency } from './report.ts'

/** What is drawn. What is not said is the default of the model. */
export interface PicturesAsked {
  readonly prompts: readonly string[]
  readonly steps?: number
  readonly guidance?: number
  /** Of the first prompt; the next have the next ones. */
  readonly seed: number
}

/** What both models drew, and the milliseconds from the prompt to the picture. */
export interface DrawnPair {
  readonly prompt: string
  readonly before: Picture
  readonly after: Picture
  readonly ms: readonly [number, number]
}

export interface PicturesReport extends Omit<PicturesAsked, 'prompts'> {
  /** PSNR in decibels; null where pictures are equal. */
  readonly pictures: readonly {
    readonly prompt: string
    readonly psnr: number | null
    readonly ssim: number
    readonly ms: readonly [number, number]
  }[]
  /** Medians over the prompts. */
  readonly psnr: number | null
  readonly ssim: number
  readonly latency: Latency
}

/** What pairs say of a model. */
export function picturesReport(
  { steps, guidance, seed }: PicturesAsked,
  pairs: readonly DrawnPair[],
): PicturesReport {
  const pictures = pairs.map(({ prompt, before, after, ms }) => ({
    ...{ prompt, ms, ssim: ssim(before, after), psnr: finite(psnr(before, after)) },
  }))
  const times = { before: pairs.map(({ ms }) => ms[0]), after: pairs.map(({ ms }) => ms[1]) }
  return {
    seed,
    ...(steps === undefined ? {} : { steps }),
    ...(guidance === undefined ? {} : { guidance }),
    pictures,
    psnr: finite(median(pictures.map(each => each.psnr ?? Infinity))),
    ssim: median(pictures.map(each => each.ssim)),
    latency: { before: median(times.before), after: median(times.after), ...ratioOf(times), pairs: pairs.length },
  }
} // prettier-ignore

/** JSON knows no infinity. */
function finite(decibels: number): number | null {
  return decibels === Infinity ? null : decibels
}
