// Recipes: steps as JSON that people keep, compare and send. Nothing in a recipe is code; ids are resolved against a
// list of algorithms that the caller gives, and every key that is not understood is an error.
import { DamsonError } from '@damson/graph'
import type { AnyAlgorithm, Place, Step } from './algorithm.ts'
import { findAlgorithm, type Algorithms } from './algorithm-names.ts'
import { algorithmOf, makeStep } from './define.ts'
import { isRecord } from './param-check.ts'
import { paramsSchema, type JsonSchema } from './param-schema.ts'

/** One step as JSON. `use` may be the tail of an id when reading; what is written is always the full id. */
export interface RecipeStep {
  readonly use: string
  readonly version?: number
  readonly params?: Readonly<Record<string, unknown>>
  readonly on?: Place | 'rest'
}

export interface Recipe {
  readonly version: 1
  readonly steps: readonly RecipeStep[]
}

/** Steps of a recipe, given as JSON text or as the value read from it. Throws `invalid-recipe` and what steps throw. */
export function parseRecipe(recipe: unknown, algorithms: Algorithms): readonly Step[] {
  const value = typeof recipe === 'string' ? parseJson(recipe) : recipe
  if (!isRecord(value))
    throw invalidRecipe(`expected { "version": 1, "steps": […] }, got ${JSON.stringify(value)}`)
  onlyKeys(value, ['version', 'steps', '$schema'], 'the recipe')
  if (value['version'] !== 1) {
    throw invalidRecipe(
      `expected version 1, got ${JSON.stringify(value['version'])}; a newer damson wrote it, or it is no recipe`,
    )
  }
  const { steps } = value
  if (!Array.isArray(steps))
    throw invalidRecipe(`expected "steps" to be a list, got ${JSON.stringify(steps)}`)
  return steps.map(step => parseRecipeStep(step, algorithms))
}

/** One step of a recipe. Params of an older version go through the algorithm's `upgrade`. */
export function parseRecipeStep(value: unknown, algorithms: Algorithms): Step {
  if (!isRecord(value) || typeof value['use'] !== 'string') {
    throw invalidRecipe(
      `expected a step like { "use": "hqq", "params": {}, "on": {} }, got ${JSON.stringify(value)}`,
    )
  }
  onlyKeys(value, ['use', 'version', 'params', 'on'], `the step "${value['use']}"`)
  const algorithm = findAlgorithm(value['use'], algorithms)
  const params = value['params'] ?? {}
  if (!isRecord(params)) throw invalidRecipe(`expected "params" of ${algorithm.id} to be an object`)
  return makeStep(algorithm, upgraded(algorithm, params, value['version']), value['on'])
}

function upgraded(
  algorithm: AnyAlgorithm,
  params: Readonly<Record<string, unknown>>,
  version: unknown = algorithm.version,
): Readonly<Record<string, unknown>> {
  if (version === algorithm.version) return params
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    throw invalidRecipe(
      `expected a version of ${algorithm.id} like ${algorithm.version}, got ${JSON.stringify(version)}`,
    )
  }
  if (version < algorithm.version && algorithm.upgrade) return algorithm.upgrade({ params }, version).params
  const advice =
    version > algorithm.version
      ? 'Update the package that has it, or write the step anew.'
      : 'It cannot read that version: write the step anew.'
  throw new DamsonError(
    'unsupported-version',
    `The recipe has version ${version} of ${algorithm.id}, installed is version ${algorithm.version}. ${advice}`,
    { details: { algorithm: algorithm.id, version } },
  )
}

/** Steps as a recipe in resolved form: full ids, versions, every parameter with its value. */
export function formatRecipe(steps: readonly Step[]): Recipe {
  return { version: 1, steps: steps.map(formatRecipeStep) }
}

/** One step in resolved form. */
export function formatRecipeStep({ algorithm, params, on }: Step): RecipeStep {
  return { use: algorithm.id, version: algorithm.version, params, ...(on === undefined ? {} : { on }) }
}

/** JSON Schema (draft 2020-12) of recipes over these algorithms, for editors. */
export function recipeSchema(algorithms: Algorithms): JsonSchema {
  const list = [...algorithms].map(algorithmOf)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'damson recipe',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      version: { const: 1 },
      steps: { type: 'array', items: { oneOf: list.map(algorithm => stepSchema(algorithm, list)) } },
    },
    required: ['version', 'steps'],
    additionalProperties: false,
    $defs: { place: placeSchema },
  }
}

function stepSchema(algorithm: AnyAlgorithm, among: readonly AnyAlgorithm[]): JsonSchema {
  return {
    description: algorithm.summary,
    type: 'object',
    properties: {
      use: { enum: names(algorithm, among) },
      version: { type: 'integer', minimum: 1, maximum: algorithm.version },
      params: paramsSchema(algorithm.params),
      on: { anyOf: [{ const: 'rest' }, { $ref: '#/$defs/place' }] },
    },
    required: ['use'],
    additionalProperties: false,
  }
}

/** The full id and every tail that means this algorithm only. */
function names({ id }: AnyAlgorithm, among: readonly AnyAlgorithm[]): readonly string[] {
  const parts = id.split('/')
  const tails = parts.slice(1).map((_, at) => parts.slice(at + 1).join('/'))
  const others = among.map(other => other.id).filter(other => other !== id)
  return [id, ...tails.filter(tail => !others.some(other => other === tail || other.endsWith(`/${tail}`)))]
}

const texts: JsonSchema = { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 }
const placeSchema: JsonSchema = {
  description: 'Globs over node names, weight names, module paths and op:Type.',
  type: 'object',
  properties: { parts: texts, include: texts, exclude: texts, rest: { const: true } },
  additionalProperties: false,
}

function onlyKeys(value: Readonly<Record<string, unknown>>, known: readonly string[], what: string): void {
  const unknown = Object.keys(value).find(key => !known.includes(key))
  if (unknown !== undefined)
    throw invalidRecipe(`${what} has the unknown key "${unknown}"; known are ${known.join(', ')}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new DamsonError('invalid-recipe', `Expected a recipe as JSON: ${why}.`, { cause })
  }
}

function invalidRecipe(why: string): DamsonError {
  return new DamsonError('invalid-recipe', `This is no recipe: ${why}.`)
}
