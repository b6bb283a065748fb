// What a command line asks for: the steps of --preset, --with and --recipe, resolved against the algorithms at hand, once
// for every variant that is to be written. `--preset q4,q8` are two variants; presets with a place belong together as one
// more: `--preset q4@decoder_model_merged,fp16@embed_tokens`.
import {
  DamsonError,
  makeStep,
  parseStep,
  parseVariant,
  type AnyAlgorithm,
  type Place,
  type Step,
} from '@damson/core'
import { presets, type Preset } from '../presets.ts'
import { recipeSteps, type StepOptions } from './steps.ts'

/** One result that is asked for. */
export interface Wanted {
  /** As it was written: `q4`; absent without preset. */
  readonly name?: string
  readonly steps: readonly Step[]
  /** Those of the steps that may find nowhere to work. */
  readonly optional: readonly Step[]
  /** The variant of a transformers.js folder that it is; absent when no preset says so. */
  readonly variant?: string
}

interface Chosen {
  readonly name: string
  readonly preset: Preset
  readonly sessions: readonly string[] | undefined
}

/** Everything that the options ask for, in the order of writing; at least one. Throws `unknown-preset`, `invalid-preset` and what steps throw. */
export async function wantedOf(
  options: StepOptions,
  algorithms: readonly AnyAlgorithm[],
  cwd: string,
): Promise<readonly [Wanted, ...Wanted[]]> {
  const written = (options.with ?? []).map(text => parseStep(text, algorithms))
  const fromRecipe = options.recipe === undefined ? [] : await recipeSteps(options.recipe, algorithms, cwd)
  const others = [...written, ...fromRecipe]
  const [first, ...more] = options.preset === undefined ? [] : presetsOf(options.preset, algorithms)
  const withOthers = (wanted: Wanted): Wanted => ({ ...wanted, steps: [...wanted.steps, ...others] })
  return first ? [withOthers(first), ...more.map(withOthers)] : [{ steps: others, optional: [] }]
}

function presetsOf(text: string, algorithms: readonly AnyAlgorithm[]): readonly Wanted[] {
  const chosen = text.split(',').map(chosenPreset)
  const whole = chosen.filter(({ sessions }) => sessions === undefined)
  const placed = chosen.filter(({ sessions }) => sessions !== undefined)
  const twice = whole.find(({ name }, at) => whole.findIndex(other => other.name === name) !== at)
  if (twice) throw invalidPreset(text, `"${twice.name}" is given twice`)
  const nameless = chosen.length > 1 ? chosen.find(({ preset }) => preset.variant === undefined) : undefined
  if (nameless) throw invalidPreset(text, `"${nameless.name}" is no variant, so it cannot stand in a list`)
  const made = whole.map(each => wanted([each], algorithms))
  return placed.length === 0 ? made : [...made, wanted(placed, algorithms)]
}

/** What some presets write as one variant. */
function wanted(chosen: readonly Chosen[], algorithms: readonly AnyAlgorithm[]): Wanted {
  const variant = chosen.map(({ name, preset, sessions }) => textOf(preset.variant ?? name, sessions)).join()
  const isVariant = chosen.every(({ preset }) => preset.variant !== undefined)
  if (isVariant) parseVariant(variant)
  const steps = (texts: readonly string[], parts: readonly string[] | undefined): readonly Step[] =>
    texts.map(text => placedAt(parseStep(text, algorithms), parts))
  const first = chosen.flatMap(({ preset, sessions }) => steps(preset.steps, sessions))
  // One a session, so that one can be left out where it finds nothing.
  const optional = chosen.flatMap(({ preset, sessions }) =>
    (sessions?.map(session => [session]) ?? [undefined]).flatMap(parts => steps(preset.rest ?? [], parts)),
  )
  return {
    name: chosen.map(({ name, sessions }) => textOf(name, sessions)).join(),
    steps: [...first, ...optional],
    optional,
    ...(isVariant ? { variant } : {}),
  }
}

const textOf = (name: string, sessions?: readonly string[]): string =>
  sessions ? `${name}@${sessions.join('+')}` : name

/** A step of a preset, at its sessions. */
function placedAt(step: Step, parts: readonly string[] | undefined): Step {
  if (parts === undefined) return step
  const { algorithm, params, on } = step
  const place: Place = { ...(on === 'rest' ? { rest: true } : on), parts }
  return makeStep(algorithm, params, place)
}

function chosenPreset(text: string): Chosen {
  const at = text.indexOf('@')
  const name = at < 0 ? text : text.slice(0, at)
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined
  if (!preset) {
    throw new DamsonError(
      'unknown-preset',
      `Expected presets among ${Object.keys(presets).join(', ')}, separated by commas, got "${name}".`,
    )
  }
  const sessions = at < 0 ? undefined : text.slice(at + 1).split('+')
  if (sessions?.some(session => session === '' || session.includes('#') || session === 'rest'))
    throw invalidPreset(text, 'the place of a preset is a list of sessions, like encoder_model+decoder_model')
  return { name, preset, sessions }
}

function invalidPreset(text: string, why: string): DamsonError {
  return new DamsonError(
    'invalid-preset',
    `Expected presets like q4,q8 or q4@decoder_model_merged,fp16@embed_tokens, got "${text}": ${why}.`,
  )
}
