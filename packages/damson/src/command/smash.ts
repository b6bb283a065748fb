// The main job: plan, do, write, verify, and say what it cost.
import {
  DamsonError,
  formatPlan,
  planJson,
  recordPrice,
  save,
  smash,
  type AnyAlgorithm,
  type Model,
  type OnEvent,
  type Plan,
  type Step,
} from '@damson/core'
import { brokenOutputs, type CompareReport } from '../compare/report.ts'
import { presets } from '../presets.ts'
import { exitCodes } from './exit-codes.ts'
import { comparable, loadArgument } from './model-arguments.ts'
import { pathIn } from './places.ts'
import { planned, type PlanOptions } from './plan.ts'
import { showReport } from './show-report.ts'
import type { Terminal } from './terminal.ts'
import { bytesText, plural } from './units.ts'

export interface SmashOptions extends PlanOptions {
  readonly out: string
  /** Variant to write in a transformers.js folder. */
  readonly variant?: string
  readonly from?: string
  readonly preset?: string
  readonly seed: number
  readonly verify: boolean
  readonly algorithms: readonly AnyAlgorithm[]
  /** Modules of `--use`, absolute. */
  readonly modules: readonly string[]
}

/** Smashes a model, writes it and verifies what was written. */
export async function runSmash(
  path: string,
  model: Model,
  steps: readonly Step[],
  options: SmashOptions,
  terminal: Terminal,
): Promise<number> {
  const made = planned(model, steps, options)
  if (made.conflicts.length > 0) return refusePlan(made, options, terminal)
  if (options.json !== true && made.steps.length > 0)
    terminal.out(`${terminal.colors.bold('Plan')}\n${formatPlan(made)}\n`)
  const written = await write(model, steps, options, terminal)
  const report = options.verify ? await verify(path, model, written.variant, options, terminal) : undefined
  if (report) await notePrice(options.out, written, report, terminal)
  if (options.json === true)
    terminal.out(JSON.stringify(document(made, written, report, options), undefined, 2))
  else showWritten(written, report, options, terminal)
  const broken = report ? brokenOutputs(report) : []
  if (broken.length === 0) return exitCodes.done
  terminal.note(
    `These outputs hold NaN or infinities where the original has numbers: ${broken.join(', ')}. Exclude nodes before them, or use more bits.`,
  )
  return exitCodes.unverified
}

/** The record of the model says what the comparison saw. */
async function notePrice(
  out: string,
  { files }: Written,
  report: CompareReport,
  { cwd }: Terminal,
): Promise<void> {
  const record = [...files.keys()].find(file => /(^|\.)damson(\.\w+)?\.json$/.test(file))
  const place = pathIn(cwd, out)
  const folder = place.endsWith('.onnx') ? place.slice(0, Math.max(place.lastIndexOf('/'), 0)) || '/' : place
  if (record !== undefined) await recordPrice(folder, record, { ...report })
}

/** The one document of `--json`. */
function document(
  made: Plan,
  { files, warnings }: Written,
  report: CompareReport | undefined,
  options: SmashOptions,
): object {
  return { plan: planJson(made), out: options.out, files: Object.fromEntries(files), warnings, report }
}

function showWritten(
  { files }: Written,
  report: CompareReport | undefined,
  options: SmashOptions,
  terminal: Terminal,
): void {
  const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0)
  terminal.out(
    `${terminal.colors.bold('Wrote')} ${options.out}: ${plural(files.size, 'file')}, ${bytesText(bytes)}\n`,
  )
  if (report) showReport(report, terminal)
  else terminal.out('Not verified (--no-verify): quality and speed are unmeasured.')
}

function refusePlan(made: Plan, { json }: SmashOptions, { out, note }: Terminal): number {
  if (json === true) out(JSON.stringify({ plan: planJson(made) }, undefined, 2))
  else note(`The steps do not go together; nothing was written.\n\n${formatPlan(made)}`)
  return exitCodes.conflict
}

interface Written {
  readonly files: ReadonlyMap<string, { readonly bytes: number; readonly sha256: string }>
  readonly variant: string | undefined
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

async function write(
  model: Model,
  steps: readonly Step[],
  options: SmashOptions,
  terminal: Terminal,
): Promise<Written> {
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
    const { signal } = terminal
    const changed = await smash(model, steps, {
      runtime, seed: options.seed, signal, onEvent,
      ...(options.target === undefined ? {} : { target: options.target }),
      ...(options.inOrder === true ? { order: 'given' as const } : {}),
    }) // prettier-ignore
    const variant = variantOf(model, options)
    const place = variant === undefined ? {} : { variant }
    const { files } = await save(changed, pathIn(terminal.cwd, options.out), { signal, onEvent, ...place })
    return { files, variant: variant ?? model.identity.variant, warnings }
  } finally {
    bar.stop()
    await runtime.close()
    if (options.json !== true)
      for (const { message } of warnings) terminal.note(terminal.colors.yellow(`! ${message}`))
  }
}

/** What to write in a transformers.js folder: `--variant`, else that of the preset. */
function variantOf(model: Model, { variant, preset }: SmashOptions): string | undefined {
  if (variant !== undefined) return variant
  return model.layout === 'transformers.js' && preset !== undefined ? presets[preset]?.variant : undefined
}

async function verify(
  path: string,
  model: Model,
  variant: string | undefined,
  options: SmashOptions,
  terminal: Terminal,
): Promise<CompareReport> {
  const bar = await terminal.progress()
  try {
    const after = await loadArgument(options.out, { algorithms: options.algorithms, variant }, terminal)
    const { compareModels } = await import('../compare/compare-models.node.ts')
    return await compareModels(
      comparable(model, path, options.from, options.modules, terminal.cwd),
      comparable(after, options.out, variant, options.modules, terminal.cwd),
      { signal: terminal.signal, onProgress: (label, done, total) => bar.update(label, done, total) },
    )
  } catch (cause) {
    if (terminal.signal.aborted) {
      throw new DamsonError('stopped', `Stopped. "${options.out}" was written, but not verified.`, { cause })
    }
    if (!DamsonError.isInstance(cause, 'compare')) throw cause
    throw new DamsonError('unverified', `"${options.out}" was written, but ${cause.message}`, { cause })
  } finally {
    bar.stop()
  }
}
