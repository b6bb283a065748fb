// Pictures of both models, for those that make pictures from text: drawn, compared, and written side by side.
import { DamsonError, type Model } from '@damson/core'
import type { Picture } from '@damson/pipelines'
import { drawModels, type Comparable } from '../compare/compare-models.node.ts'
import type { PicturesReport } from '../compare/pictures.ts'
import type { PictureFlags } from './arguments.ts'
import { writeBytes } from './files.node.ts'
import { pathIn } from './places.ts'
import type { Progress, Terminal } from './terminal.ts'

export interface PictureOptions extends PictureFlags {
  readonly seed: number
  /** Of a smash: what is not verified is not drawn either. */
  readonly verify?: boolean
}

export interface ComparedPictures {
  readonly report: PicturesReport
  readonly grid: Picture
  readonly png: Uint8Array
  /** As the user named it; undefined where nothing was written. */
  readonly file?: string
}

/** Throws `no-denoiser` when pictures are wanted of a model that draws none, and `no-verify` when it is not to be run. */
export function checkPictures({ identity, parts }: Model, { prompt = [], verify }: PictureOptions): void {
  if (prompt.length === 0) return
  if (verify === false)
    throw new DamsonError(
      'no-verify',
      'Expected --prompt without --no-verify: pictures are part of verifying.',
    )
  if ([...parts.values()].some(({ role }) => role === 'denoiser')) return
  const names = [...parts.keys()].join(', ')
  throw new DamsonError(
    'no-denoiser',
    `--prompt: expected a model that draws, "${identity.name}" has only ${names}. Leave --prompt out, or give the folder with all parts.`,
  )
}

/** Draws each prompt with both models and writes the grid where that is wanted; of several variants each has a file of its own. */
export async function comparePictures(
  before: Comparable,
  after: Comparable,
  { prompt: prompts = [], steps, guidance, seed, pictures }: PictureOptions,
  { signal, cwd }: Terminal,
  bar: Progress,
  variant?: string,
): Promise<ComparedPictures | undefined> {
  if (prompts.length === 0) return undefined
  bar.update('drawing pictures', 0, 1)
  const asked = {
    ...{ prompts, seed },
    ...(steps === undefined ? {} : { steps }),
    ...(guidance === undefined ? {} : { guidance }),
  }
  const pairs = await drawModels(before, after, asked, signal)
  const { picturesReport } = await import('../compare/pictures.ts')
  const { gridOf } = await import('../pictures/grid.ts')
  const { toPng } = await import('@damson/pipelines')
  const grid = gridOf(pairs)
  const png = await toPng(grid)
  const made = { report: picturesReport(asked, pairs), grid, png }
  if (pictures === undefined) return made
  const file = variant === undefined ? pictures : pictures.replace(/(\.png)?$/, `.${variant}.png`)
  await writeBytes(pathIn(cwd, file), png)
  return { ...made, file }
}
