// `defineAlgorithm` makes of an algorithm the function that users import: called with parameters and a place it gives a
// step. What is wrong in the definition or in the call is said at once, not when the step is planned.
import { DamsonError } from '@damson/graph'
import type { Algorithm, AnyAlgorithm, Contract, Defined, Place, State, Step } from './algorithm.ts'
import { isFact } from './facts.ts'
import { checkValue, isRecord, resolveParams } from './param-check.ts'
import type { Params } from './params.ts'

/** The callable form of an algorithm. Throws `invalid-algorithm` for a definition that contradicts itself. */
export function defineAlgorithm<const P extends Params, S extends State = undefined>(
  algorithm: Algorithm<P, S>,
): Defined<P, S> {
  checkDefinition(algorithm)
  const frozen = Object.freeze({ ...algorithm })
  const make = (params?: object, on?: Place | 'rest'): Step => makeStep(frozen, { ...params }, on)
  return Object.assign(make, { algorithm: frozen })
}

/** A step from untyped parameters: what recipes and the command line use. Throws `invalid-param` or `invalid-place`. */
export function makeStep(
  algorithm: AnyAlgorithm,
  params: Readonly<Record<string, unknown>> = {},
  on?: unknown,
): Step {
  return Object.freeze({
    algorithm,
    params: resolveParams(algorithm, params),
    on: checkPlace(algorithm.id, on),
  })
}

/** The algorithm behind what users import, or the algorithm itself. */
export function algorithmOf(value: AnyAlgorithm | { readonly algorithm: AnyAlgorithm }): AnyAlgorithm {
  return 'algorithm' in value ? value.algorithm : value
}

function checkDefinition(algorithm: AnyAlgorithm): void {
  const fail = (what: string): never => {
    throw new DamsonError('invalid-algorithm', `${algorithm.id}: ${what}.`, {
      details: { algorithm: algorithm.id },
    })
  }
  if (!/^(@[\w.-]+\/)?[\w.-]+(\/[\w.-]+)*$/.test(algorithm.id)) {
    fail(`expected an id like "@damson/cachers/fora", got "${algorithm.id}"`)
  }
  if (!Number.isInteger(algorithm.version) || algorithm.version < 1) {
    fail(`expected a version of 1 or more, got ${algorithm.version}`)
  }
  for (const [name, param] of Object.entries<Params[string]>(algorithm.params)) {
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) fail(`expected a camelCase parameter name, got "${name}"`)
    const checked = checkValue(param, param.default)
    if ('expected' in checked) fail(`the default of "${name}" is not ${checked.expected}`)
  }
  for (const fact of contractFacts(algorithm.contract)) {
    if (!isFact(fact)) fail(`unknown fact "${fact}"; facts of your own are called x:<package>/<name>`)
    if (fact.startsWith('x:') && !Object.hasOwn(algorithm.facts ?? {}, fact)) {
      fail(`the fact "${fact}" needs an entry in "facts" with its sentence, scope and probe`)
    }
  }
}

function contractFacts({ needs = [], takes = [], gives = [] }: Contract): readonly string[] {
  return [...needs, ...takes, ...gives]
}

const placeKeys = new Set(['parts', 'include', 'exclude'])

/** A place in its normal form, frozen; undefined for none. Throws `invalid-place`. */
export function checkPlace(id: string, on: unknown): Place | 'rest' | undefined {
  if (on === undefined || on === 'rest') return on
  const fail = (got: string): never => {
    throw new DamsonError(
      'invalid-place',
      `${id}: expected a place like { parts: ['unet'], include: ['op:MatMul'], exclude: [] } or 'rest', got ${got}.`,
      { details: { algorithm: id, on } },
    )
  }
  if (!isRecord(on)) return fail(JSON.stringify(on))
  const place: { -readonly [K in keyof Place]: Place[K] } = {}
  for (const [key, value] of Object.entries(on)) {
    if (value === undefined) continue
    if (key === 'rest' && value === true) place.rest = true
    else if (!placeKeys.has(key)) fail(`the key "${key}" with ${JSON.stringify(value)}`)
    else if (!isTextList(value)) fail(`${key}: ${JSON.stringify(value)}`)
    else if (key === 'parts') place.parts = Object.freeze([...value])
    else if (key === 'include') place.include = Object.freeze([...value])
    else place.exclude = Object.freeze([...value])
  }
  return Object.keys(place).length === 0 ? undefined : Object.freeze(place)
}

function isTextList(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every(item => typeof item === 'string' && item !== '')
  )
}
