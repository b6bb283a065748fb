// Pictures from a model folder, as PNG files: to look at what a model draws, before and after.
import { DamsonError, type AnyAlgorithm } from '@damson/core'
import type { Picture, TextToImageInput } from '@damson/pipelines'
import { exitCodes } from './exit-codes.ts'
import { writeBytes } from './files.node.ts'
import { loadArgument } from './model-arguments.ts'
import { pathIn } from './places.ts'
import type { Terminal } from './terminal.ts'
import { timeText } from './units.ts'

export interface GenerateArguments {
  readonly out: string
  readonly prompt?: readonly string[]
  readonly negative?: string
  readonly steps?: number
  readonly guidance?: number
  readonly seed: number
  readonly images: number
  readonly width?: number
  readonly height?: number
  readonly scheduler?: string
  readonly json?: boolean
  readonly algorithms: readonly AnyAlgorithm[]
}

/** Draws the prompts and writes a file a picture: `out.png`, or `out-1.png`, `out-2.png` … where there are several. */
export async function runGenerate(
  path: string,
  options: GenerateArguments,
  terminal: Terminal,
): Promise<number> {
  if (!/\.png$/i.test(options.out))
    throw new DamsonError('invalid-output', `--out: expected a file ending in .png, got "${options.out}".`)
  const { algorithms, json } = options
  const model = await loadArgument(path, { algorithms, variant: undefined }, terminal)
  const { textToImage } = await import('@damson/pipelines')
  const bar = await terminal.progress()
  const pipeline = await textToImage(model, { signal: terminal.signal })
  try {
    bar.update('opening the model', 0, 1)
    const start = performance.now()
    const { pictures, seeds } = await pipeline.run({
      ...inputOf(options),
      signal: terminal.signal,
      onStep: ({ step, steps }) => bar.update('drawing', step, steps),
    })
    const ms = performance.now() - start
    bar.stop()
    const files = await written(pictures, options, terminal)
    if (json === true) terminal.out(JSON.stringify({ files, seeds, ms }, undefined, 2))
    else terminal.out(`${terminal.colors.bold('Wrote')} ${files.join(', ')} in ${timeText(ms)} with loading (seed ${seeds.join(', ')})`)
    return exitCodes.done
  } finally {
    bar.stop()
    await pipeline.close()
  }
} // prettier-ignore

/** What was not said is left to the model. */
function inputOf(options: GenerateArguments): TextToImageInput {
  const { prompt, negative, steps, guidance, seed, images, width, height, scheduler } = options
  return {
    seed,
    imagesPerPrompt: images,
    ...(prompt === undefined ? {} : { prompt }),
    ...(negative === undefined ? {} : { negativePrompt: negative }),
    ...(steps === undefined ? {} : { steps }),
    ...(guidance === undefined ? {} : { guidance }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(scheduler === undefined ? {} : { scheduler }),
  }
}

/** Writes the pictures, and shows them where the terminal can. */
async function written(
  pictures: readonly Picture[],
  { out, json }: GenerateArguments,
  terminal: Terminal,
): Promise<readonly string[]> {
  const { cwd, graphics, columns } = terminal
  const { toPng } = await import('@damson/pipelines')
  const files: string[] = []
  for (const [i, picture] of pictures.entries()) {
    const file = pictures.length === 1 ? out : out.replace(/\.png$/i, `-${i + 1}.png`)
    const png = await toPng(picture)
    await writeBytes(pathIn(cwd, file), png)
    files.push(file)
    if (graphics === 'none' || json === true) continue
    const { terminalPicture } = await import('../pictures/terminal-picture.ts')
    terminal.out(terminalPicture(picture, png, graphics, Math.min(columns, 64)))
  }
  return files
}
