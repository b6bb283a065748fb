// One result of a smash, from the plan to the disk.
import {
  DamsonError,
  save,
  smash,
  type Model,
  type OnEvent,
  type Samples,
  type SaveResult,
} from '@damson/core'
import { describeFolder } from '../sessions-folder/describe-folder.node.ts'
import type { DividedSamples } from '../samples/divided-samples.node.ts'
import { pathIn } from './places.ts'
import type { Terminal } from './terminal.ts'
import { plural } from './units.ts'
import type { Wanted } from './wanted.ts'

export interface WriteOptions {
  readonly out: string
  readonly target?: string
  readonly inOrder?: boolean
  readonly seed: number
  /** Warnings go into a document only. */
  readonly json?: boolean
}

export interface Written {
  readonly files: SaveResult['files']
  /** Files that tell of all variants and were brought up to date: config.json, quantize_config.json. */
  readonly amended: readonly string[]
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

/** Smashes a model, with samples for steps that fit, and writes it, as a variant when one is wanted. Warnings are shown behind the label. */
export async function writeVariant(
  model: Model,
  { steps, variant }: Pick<Wanted, 'steps' | 'variant'>,
  samples: Pick<DividedSamples, 'given' | 'madeUp' | 'fitted'>,
  options: WriteOptions,
  terminal: Terminal,
  label = '',
): Promise<Written> {
  const { signal } = terminal
  const bar = await terminal.progress()
  const warnings: { code: string; message: string }[] = []
  const onEvent: OnEvent = event => {
    if (event.type === 'progress') bar.update(event.step, event.done, event.total)
    if (event.type === 'step-start') bar.update(event.step, 0, 1)
    if (event.type === 'warning')
      warnings.push({ code: event.code, message: `${event.step}: ${event.message}` })
  }
  const { createRuntime } = await import('@damson/runtime')
  const runtime = createRuntime()
  try {
    const smashed = (those: Samples | undefined): Promise<Model> =>
      smash(model, steps, {
        runtime, seed: options.seed, signal, onEvent,
        ...(options.target === undefined ? {} : { target: options.target }),
        ...(options.inOrder === true ? { order: 'given' as const } : {}),
        ...(those === undefined ? {} : { samples: those }),
      }) // prettier-ignore
    const changed = await smashed(samples.given).catch((error: unknown) => {
      if (!DamsonError.isInstance(error, 'missing-samples') || !samples.madeUp) throw error
      return smashed(samples.madeUp)
    })
    if (samples.madeUp && samples.fitted() > 0) warnings.push(fittedOnMadeUp(samples.fitted()))
    const place = pathIn(terminal.cwd, options.out)
    const { files } = await save(changed, place, {
      signal,
      onEvent,
      ...(variant === undefined ? {} : { variant }),
    })
    if (variant === undefined) return { files, amended: [], warnings }
    const { amended, configured } = await describeFolder(place, { variant, steps, model: changed })
    if (!configured)
      warnings.push({
        code: 'no-config',
        message: `"${options.out}" has no config.json, without which transformers.js opens nothing: put the original's there.`,
      })
    return { files: new Map([...files].filter(([path]) => !amended.includes(path))), amended, warnings }
  } finally {
    bar.stop()
    await runtime.close()
    if (options.json !== true)
      for (const { message } of warnings) terminal.note(terminal.colors.yellow(`! ${label}${message}`))
  }
}

function fittedOnMadeUp(count: number): Written['warnings'][number] {
  const message = `Steps were fitted on ${plural(count, 'sample')} a part, made up from the types of the inputs: give real ones with --samples.`
  return { code: 'made-up-samples', message }
}
