// What steps of a command line are resolved against, our algorithms and those that --use brings, and steps from files.
import { DamsonError, parseRecipe, type AnyAlgorithm, type Step } from '@damson/core'
import { algorithms as ours } from '../families.ts'
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

/** The steps of a recipe's file. Throws `not-found`, `invalid-recipe` and what steps throw. */
export async function recipeSteps(
  file: string,
  algorithms: readonly AnyAlgorithm[],
  cwd: string,
): Promise<readonly Step[]> {
  const path = pathIn(cwd, file)
  const text = await readTextFile(path)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new DamsonError('invalid-recipe', `Expected JSON in "${path}": ${String(cause)}.`, { cause })
  }
  return parseRecipe(json, algorithms)
}
