// Which scheduler a run uses: the one that it names, or the one of the model, both with the model's configuration.
import type { Model } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { numberIn, readJsonFile, type Json } from '../model-files.ts'
import { schedulerOf } from '../schedulers/scheduler-of.ts'
import type { Schedule, ScheduleOptions, Scheduler, SchedulerConfig } from '../schedulers/scheduler.ts'
import type { Denoiser, LatentSize } from './denoiser.ts'

/** A scheduler, its class name in diffusers, or a name with options that replace those of the model. */
export type SchedulerChoice = string | Scheduler | { readonly name: string; readonly config: SchedulerConfig }

/** What a model says of its scheduler. */
export interface ModelScheduler {
  readonly name: string | undefined
  readonly config: Json
}

export async function readScheduler(model: Model): Promise<ModelScheduler> {
  const config = (await readJsonFile(model, 'scheduler/scheduler_config.json')) ?? {}
  const index = await readJsonFile(model, 'model_index.json')
  const listed = index?.['scheduler']
  const name: unknown = config['_class_name'] ?? (Array.isArray(listed) ? listed[1] : undefined)
  return { name: typeof name === 'string' ? name : undefined, config }
}

/** Throws `unknown-scheduler` where neither the model nor the run names one. */
export function chooseScheduler(own: ModelScheduler, choice: SchedulerChoice | undefined): Scheduler {
  if (typeof choice === 'object' && 'schedule' in choice) return choice
  if (typeof choice === 'object') return schedulerOf(choice.name, { ...own.config, ...choice.config })
  const name = choice ?? own.name
  if (name !== undefined) return schedulerOf(name, own.config)
  throw new DamsonError(
    'unknown-scheduler',
    'Expected a scheduler in model_index.json or scheduler/scheduler_config.json, found none. Pass { scheduler }.',
  )
}

/** The schedule of a run; Flux spaces its levels evenly and shifts them by the size of the picture. */
export function scheduleOf(
  scheduler: Scheduler,
  denoiser: Denoiser,
  size: LatentSize,
  options: ScheduleOptions,
): Schedule {
  const flows = scheduler.name.startsWith('FlowMatch')
  const even =
    flows && denoiser.kind === 'flux' && options.sigmas === undefined
      ? { sigmas: Array.from({ length: options.steps }, (_, i) => evenSigma(i, options.steps)) }
      : {}
  const tokens = (size.height / 2) * (size.width / 2)
  const mu = options.mu ?? pictureShift(scheduler.config, tokens)
  return scheduler.schedule({ ...even, ...options, mu })
}

/** linspace(1, 1/steps, steps) */
function evenSigma(i: number, steps: number): number {
  return steps === 1 ? 1 : 1 + (i * (1 / steps - 1)) / (steps - 1)
}

/** Linear in the number of tokens, between two sizes that the model was trained at. */
function pictureShift(config: SchedulerConfig, tokens: number): number {
  const of = (key: string, standard: number): number => numberIn(config, key) ?? standard
  const [from, to] = [of('base_image_seq_len', 256), of('max_image_seq_len', 4096)]
  const [least, most] = [of('base_shift', 0.5), of('max_shift', 1.15)]
  return least + ((tokens - from) * (most - least)) / (to - from)
}
