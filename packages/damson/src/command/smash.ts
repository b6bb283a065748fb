// The main job: plan, do, write, verify, and say what it cost; for every result that is asked for, one after the other.
import { DamsonError, planJson, type Model, type Plan } from '@damson/core'
import { brokenOutputs, type CompareReport } from '../compare/report.ts'
import { destinationOf, type DestinationOptions } from './destination.ts'
import { exitCodes } from './exit-codes.ts'
import { checkPictures, type ComparedPictures } from './compare-pictures.ts'
import { pathIn } from './places.ts'
import { planned, planText, type PlanOptions } from './plan.ts'
import { divideSamples, type DividedSamples } from '../samples/divided-samples.node.ts'
import { whileRecording } from './recording.ts'
import { showPictures } from './show-pictures.ts'
import { showReport, showVariants } from './show-report.ts'
import type { Terminal } from './terminal.ts'
import { bytesText, plural } from './units.ts'
import { notePrice, verify, type VerifyOptions } from './verify.ts'
import type { Wanted } from './wanted.ts'
import { writeVariant, type WriteOptions, type Written } from './write-variant.ts'

export type SmashOptions = PlanOptions &
  DestinationOptions &
  VerifyOptions &
  WriteOptions & {
    readonly verify: boolean
    /** File or folder of samples. */
    readonly samples?: string
    /** How many of them steps fit on. */
    readonly calibrate?: number
  }

/** What became of one result. */
interface Done {
  readonly name: string
  readonly plan: Plan
  readonly written: Written
  readonly report?: CompareReport
  readonly pictures?: ComparedPictures
  /** Why it does not load or run. */
  readonly failed?: string
}

/** Smashes a model, writes every result that is wanted and verifies what was written. */
export async function runSmash(
  path: string,
  model: Model,
  asked: readonly [Wanted, ...Wanted[]],
  options: SmashOptions,
  terminal: Terminal,
): Promise<number> {
  checkPictures(model, options)
  const { model: arranged, wanted } = await destinationOf(path, model, asked, options, terminal.cwd)
  const plans = wanted.map(each => [each, planned(arranged, each, options)] as const)
  if (plans.some(([, { conflicts }]) => conflicts.length > 0)) return refusePlans(plans, options, terminal)
  const samples = await samplesFor(arranged, plans.map(([, plan]) => plan), options, terminal) // prettier-ignore
  try {
    const done = await performed(plans, { path, model, arranged, samples }, options, terminal)
    if (options.json === true) terminal.out(JSON.stringify(document(done, options), undefined, 2))
    else if (wanted.length > 1) showVariants(done, options, terminal)
    return closing(done, terminal)
  } finally {
    await samples.close()
  }
}

/** Every result that is wanted, one after the other. */
async function performed(
  plans: readonly (readonly [Wanted, Plan])[],
  common: Pick<Job, 'path' | 'model' | 'arranged' | 'samples'>,
  options: SmashOptions,
  terminal: Terminal,
): Promise<readonly Done[]> {
  const done: Done[] = []
  for (const [each, plan] of plans) {
    const label = plans.length > 1 ? (each.name ?? '') : ''
    if (options.json !== true && plan.steps.length > 0)
      terminal.out(`${terminal.colors.bold('Plan')}\n${planText(plan, label, terminal)}\n`)
    const steps = plan.steps.map(({ step }) => step)
    const job = { ...common, plan, wanted: { ...each, steps }, label }
    done.push(await perform(job, done, options, terminal))
  }
  return done
}

interface Job {
  readonly path: string
  /** The original, as it was read. */
  readonly model: Model
  readonly arranged: Model
  readonly plan: Plan
  readonly wanted: Wanted
  /** Its name where there are several, else ''. */
  readonly label: string
  readonly samples: DividedSamples
}

function samplesFor(
  model: Model,
  plans: readonly Plan[],
  { samples, calibrate, dim }: SmashOptions,
  terminal: Terminal,
): Promise<DividedSamples> {
  const fits = plans.some(({ steps }) => steps.some(({ step }) => step.algorithm.fit !== undefined))
  const dims = Object.assign({}, ...plans.map(dimsOf), dim)
  return whileRecording(terminal, recording =>
    divideSamples(model, fits, {
      ...recording,
      ...(samples === undefined ? {} : { samples: pathIn(terminal.cwd, samples) }),
      ...(calibrate === undefined ? {} : { calibrate }),
      dim: dims,
    }),
  )
}

/** Sizes that steps fix: what is made up for those behind them has to fit. */
function dimsOf({ steps }: Plan): Readonly<Record<string, unknown>> {
  const given = steps.map(({ step: { params } }) => params['dims'])
  return Object.assign({}, ...given.filter(dims => typeof dims === 'object'))
}

/** Writes and verifies one result. Of several, one that does not run does not keep the others from being written. */
async function perform(
  job: Job,
  before: readonly Done[],
  options: SmashOptions,
  terminal: Terminal,
): Promise<Done> {
  const { path, model, arranged, plan, wanted, label, samples } = job
  const { name = '' } = wanted
  const work = { model: arranged, wanted, samples }
  const prefix = label && `${label}: `
  try {
    const written = await writeVariant(work, options, terminal, prefix)
    if (!options.verify) return await shown({ name, plan, written }, options, terminal)
    const variant = wanted.variant ?? arranged.identity.variant
    const verified = await verify(path, model, variant, options, terminal, samples)
    await notePrice(options.out, written.files.keys(), verified.report, terminal)
    return await shown({ name, plan, written, ...verified }, options, terminal)
  } catch (error) {
    const isSaid = DamsonError.isInstance(error, 'stopped')
    if (terminal.signal.aborted && before.length > 0 && !isSaid)
      throw stopped(before, name, options.out, error)
    if (!DamsonError.isInstance(error, 'unverified') || wanted.name === undefined) throw error
    terminal.note(`${terminal.colors.red('error:')} ${error.message}`)
    return { name, plan, written: nothingWritten, failed: error.message }
  }
}

const nothingWritten: Written = { files: new Map(), amended: [], warnings: [] }

function stopped(before: readonly Done[], name: string, out: string, cause: unknown): DamsonError {
  const written = before.map(each => each.name).join(', ')
  return new DamsonError('stopped', `Stopped. ${written} is written to "${out}", ${name} is not.`, { cause })
}

async function shown(done: Done, { out, json }: SmashOptions, terminal: Terminal): Promise<Done> {
  if (json === true) return done
  const { files, amended } = done.written
  const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0)
  const also = amended.length > 0 ? `, and updated ${amended.join(' and ')}` : ''
  terminal.out(
    `${terminal.colors.bold('Wrote')} ${out}: ${plural(files.size, 'file')}, ${bytesText(bytes)}${also}\n`,
  )
  if (done.report) showReport(done.report, terminal)
  if (done.pictures) await showPictures(done.pictures, terminal)
  if (!done.report) terminal.out('Not verified (--no-verify): quality and speed are unmeasured.')
  return done
}

/** The one document of `--json`. */
function document(done: readonly Done[], { out }: SmashOptions): object {
  const variants = done.map(({ name, plan, written: { files, amended, warnings }, report, failed }) => ({
    name, plan: planJson(plan), files: Object.fromEntries(files), amended, warnings, report, failed,
  })) // prettier-ignore
  const [only, ...more] = variants
  return only && more.length === 0 ? { out, ...only } : { out, variants }
}

function refusePlans(
  plans: readonly (readonly [Wanted, Plan])[],
  { json }: SmashOptions,
  terminal: Terminal,
): number {
  const documents = plans.map(([{ name }, plan]) => ({ name, plan: planJson(plan) }))
  const [only, ...more] = documents
  if (json === true)
    terminal.out(
      JSON.stringify(more.length === 0 ? { plan: only?.plan } : { variants: documents }, undefined, 2),
    )
  else {
    const failed = plans.filter(([, { conflicts }]) => conflicts.length > 0)
    const texts = failed.map(([{ name = '' }, plan]) => planText(plan, more.length > 0 ? name : '', terminal))
    terminal.note(`The steps do not go together; nothing was written.\n\n${texts.join('\n\n')}`)
  }
  return exitCodes.conflict
}

function closing(done: readonly Done[], terminal: Terminal): number {
  const broken = done.flatMap(({ name, report }) =>
    report ? brokenOutputs(report).map(output => (done.length > 1 ? `${name}: ${output}` : output)) : [],
  )
  if (broken.length > 0) {
    terminal.note(
      `These outputs hold NaN or infinities where the original has numbers: ${broken.join(', ')}. Exclude nodes before them, or use more bits.`,
    )
  }
  return broken.length > 0 || done.some(({ failed }) => failed !== undefined)
    ? exitCodes.unverified
    : exitCodes.done
}
