// The steps of a command line: --with, --preset and --recipe in the order of writing, resolved against our algorithms and
// those that --use brings.
import { DamsonError, parseRecipe, parseStep, type AnyAlgorithm, type Step } from '@damson/core'
import { algorithms as ours } from '../families.ts'
import { presets } from '../presets.ts'
import { loadModule, readTextFile } from './files.node.ts'
import { pathIn } from './places.ts'

export interface StepOptions {
  readonly with?: readonly string[]
  readonly preset?: string
  readonly recipe?: string
  readonly use?: readonly string[]
}

/** All algorithms at hand: ours and those exported by the modules of `--use`. */
export async function algorithmsOf(
  use: readonly string[] = [],
  cwd: string,
): Promise<readonly AnyAlgorithm[]> {
  const loaded: AnyAlgorithm[] = []
  for (const specifier of use) {
    const found = exportedAlgorithms(await loadModule(specifier, cwd))
    if (found.length === 0) {
      throw new DamsonError(
        'no-algorithm',
        `--use ${specifier}: expected a module that exports an algorithm (made by defineAlgorithm), it exports none.`,
      )
    }
    loaded.push(...found)
  }
  return [...ours, ...loaded]
}

function exportedAlgorithms(module: Readonly<Record<string, unknown>>): readonly AnyAlgorithm[] {
  return Object.values(module).flatMap(value => (isDefined(value) ? [value.algorithm] : []))
}

function isDefined(value: unknown): value is { readonly algorithm: AnyAlgorithm } {
  return typeof value === 'function' && 'algorithm' in value
}

/** The steps that the options name. */
export async function stepsOf(
  options: StepOptions,
  algorithms: readonly AnyAlgorithm[],
  cwd: string,
): Promise<readonly Step[]> {
  const fromPreset =
    options.preset === undefined ? [] : presetSteps(options.preset).map(text => parseStep(text, algorithms))
  const written = (options.with ?? []).map(text => parseStep(text, algorithms))
  const fromRecipe =
    options.recipe === undefined ? [] : await recipeSteps(pathIn(cwd, options.recipe), algorithms)
  return [...fromPreset, ...written, ...fromRecipe]
}

function presetSteps(name: string): readonly string[] {
  const preset = presets[name]
  if (preset) return preset.steps
  throw new DamsonError(
    'unknown-preset',
    `Expected one of the presets ${Object.keys(presets).join(', ')}, got "${name}".`,
  )
}

async function recipeSteps(path: string, algorithms: readonly AnyAlgorithm[]): Promise<readonly Step[]> {
  const text = await readTextFile(path)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new DamsonError('invalid-recipe', `Expected JSON in "${path}": ${String(cause)}.`, { cause })
  }
  return parseRecipe(json, algorithms)
}
