// What was written is loaded, run and priced like any user would, in processes of its own, and the record says what came out.
import { DamsonError, recordPrice, type AnyAlgorithm, type Model } from '@damson/core'
import type { CompareReport } from '../compare/report.ts'
import type { DividedSamples } from '../samples/divided-samples.node.ts'
import { comparable, loadArgument } from './model-arguments.ts'
import { comparePictures, type ComparedPictures, type PictureOptions } from './compare-pictures.ts'
import { pathIn } from './places.ts'
import type { Terminal } from './terminal.ts'

export interface VerifyOptions extends PictureOptions {
  readonly out: string
  readonly from?: string
  readonly dim?: Readonly<Record<string, number>>
  readonly algorithms: readonly AnyAlgorithm[]
  /** Modules of `--use`, absolute. */
  readonly modules: readonly string[]
}

/** What a comparison found, with pictures where prompts were given. */
export interface Verified {
  readonly report: CompareReport
  readonly pictures?: ComparedPictures
}

/** Compares what was written with the original. Throws `unverified` when it does not load or run, `stopped` when stopped. */
export async function verify(
  path: string,
  model: Model,
  variant: string | undefined,
  options: VerifyOptions,
  terminal: Terminal,
  { heldOut, fitted }: Pick<DividedSamples, 'heldOut' | 'fitted'>,
): Promise<Verified> {
  const bar = await terminal.progress()
  const what = variant === undefined ? `"${options.out}"` : `${variant} in "${options.out}"`
  try {
    const after = await loadArgument(options.out, { algorithms: options.algorithms, variant }, terminal)
    const { compareModels } = await import('../compare/compare-models.node.ts')
    const both = [
      comparable(model, path, options.from, options.modules, terminal.cwd),
      comparable(after, options.out, variant, options.modules, terminal.cwd),
    ] as const
    const report = await compareModels(...both, {
      signal: terminal.signal,
      onProgress: (label, done, total) => bar.update(label, done, total),
      ...(options.dim ? { dims: options.dim } : {}),
      feeds: heldOut,
      ...(fitted() > 0 ? { fitted: fitted() } : {}),
    })
    const pictures = await comparePictures(...both, options, terminal, bar, variant)
    return pictures ? { report: { ...report, pictures: pictures.report }, pictures } : { report }
  } catch (cause) {
    if (terminal.signal.aborted)
      throw new DamsonError('stopped', `Stopped. ${what} was written, but not verified.`, { cause })
    if (!DamsonError.isInstance(cause, 'compare')) throw cause
    const why = cause.message.replace(/^The model does/, 'does')
    throw new DamsonError('unverified', `${what} was written, but ${why}`, { cause })
  } finally {
    bar.stop()
  }
}

/** The record among written files says what the comparison saw. */
export async function notePrice(
  out: string,
  files: Iterable<string>,
  report: CompareReport,
  { cwd }: Terminal,
): Promise<void> {
  const record = [...files].find(file => /(^|\.)damson(\.[^/]+)?\.json$/.test(file))
  const place = pathIn(cwd, out)
  const folder = place.endsWith('.onnx') ? place.slice(0, Math.max(place.lastIndexOf('/'), 0)) || '/' : place
  if (record !== undefined) await recordPrice(folder, record, { ...report })
}
