// One result of a smash, from the plan to the disk.
import {
  DamsonError,
  save,
  smash,
  type Model,
  type OnEvent,
  type Runtime,
  type Samples,
  type SaveResult,
} from '@damson/core'
import type { DividedSamples } from '../samples/divided-samples.node.ts'
import { describeFolder } from '../sessions-folder/describe-folder.node.ts'
import { checkWritten } from './check-written.ts'
import { pathIn } from './places.ts'
import type { Progress, Terminal } from './terminal.ts'
import { plural } from './units.ts'
import type { Wanted } from './wanted.ts'

export interface WriteOptions {
  readonly out: string
  readonly target?: string
  readonly inOrder?: boolean
  readonly seed: number
  /** Nothing is left in place unless it loads and runs. */
  readonly verify: boolean
  readonly dim?: Readonly<Record<string, number>>
  /** Warnings go into a document only. */
  readonly json?: boolean
}

interface Warning {
  readonly code: string
  readonly message: string
}

export interface Written {
  readonly files: SaveResult['files']
  /** Files that tell of all variants and were brought up to date: config.json, quantize_config.json. */
  readonly amended: readonly string[]
  readonly warnings: readonly Warning[]
}

/** What is wanted, of which model, fitted on what. */
export interface Work {
  readonly model: Model
  readonly wanted: Pick<Wanted, 'steps' | 'variant'>
  readonly samples: Pick<DividedSamples, 'given' | 'madeUp' | 'fitted' | 'heldOut'>
}

/** Smashes a model and writes it, as a variant when one is wanted. Warnings are shown behind the label. */
export async function writeVariant(
  work: Work,
  options: WriteOptions,
  terminal: Terminal,
  label = '',
): Promise<Written> {
  const bar = await terminal.progress()
  const warnings: Warning[] = []
  const onEvent = listener(bar, warnings)
  const { createRuntime } = await import('@damson/runtime')
  // Open until all is written: tensors that a save computes may need it.
  const runtime = createRuntime()
  try {
    const changed = await smashed(work, options, terminal, { runtime, onEvent, warnings })
    const { madeUp, fitted } = work.samples
    if (madeUp && fitted() > 0) warnings.push(fittedOnMadeUp(fitted()))
    const { steps, variant } = work.wanted
    const place = pathIn(terminal.cwd, options.out)
    const as = variant === undefined ? {} : { variant }
    const check = options.verify
      ? { check: checkWritten(changed, work.samples.heldOut, options, terminal) }
      : {}
    const { files } = await save(changed, place, { signal: terminal.signal, onEvent, ...as, ...check })
    if (variant === undefined) return { files, amended: [], warnings }
    const { amended, configured } = await describeFolder(place, { variant, steps, model: changed })
    if (!configured) warnings.push(withoutConfig(options.out))
    return { files: new Map([...files].filter(([path]) => !amended.includes(path))), amended, warnings }
  } finally {
    bar.stop()
    await runtime.close()
    if (options.json !== true)
      for (const { message } of warnings) terminal.note(terminal.colors.yellow(`! ${label}${message}`))
  }
}

function listener(bar: Progress, warnings: Warning[]): OnEvent {
  return event => {
    if (event.type === 'progress') bar.update(event.step, event.done, event.total)
    if (event.type === 'step-start') bar.update(event.step, 0, 1)
    if (event.type === 'warning')
      warnings.push({ code: event.code, message: `${event.step}: ${event.message}` })
  }
}

interface Means {
  readonly runtime: Runtime
  readonly onEvent: OnEvent
  readonly warnings: Warning[]
}

/** Steps that cannot do without samples get made-up ones when none were given; steps that can, do without. */
async function smashed(
  { model, wanted: { steps }, samples }: Work,
  { target, inOrder, seed }: WriteOptions,
  { signal }: Terminal,
  { runtime, onEvent, warnings }: Means,
): Promise<Model> {
  const fittedOn = (those: Samples | undefined): Promise<Model> =>
    smash(model, steps, {
      runtime, seed, signal, onEvent,
      ...(target === undefined ? {} : { target }),
      ...(inOrder === true ? { order: 'given' as const } : {}),
      ...(those === undefined ? {} : { samples: those }),
    }) // prettier-ignore
  return fittedOn(samples.given).catch((error: unknown) => {
    if (!DamsonError.isInstance(error, 'missing-samples') || !samples.madeUp) throw error
    // It begins anew, and says what it has to say again.
    warnings.length = 0
    return fittedOn(samples.madeUp)
  })
}

function fittedOnMadeUp(count: number): Warning {
  const message = `Steps were fitted on ${plural(count, 'sample')} a part, made up from the types of the inputs: give real ones with --samples.`
  return { code: 'made-up-samples', message }
}

function withoutConfig(out: string): Warning {
  const message = `"${out}" has no config.json, without which transformers.js opens nothing: put the original's there.`
  return { code: 'no-config', message }
}
