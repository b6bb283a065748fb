// Steps as one word of a command line: `hqq:bits=4,blockSize=64@unet#/down_blocks*`. The grammar stands in
// docs/grammar.md. What the short form cannot say is written as JSON, so every step has a text that reads back.
import { DamsonError } from '@damson/graph'
import type { AnyAlgorithm, Place, Step } from './algorithm.ts'
import { findAlgorithm, shortName, type Algorithms } from './algorithm-names.ts'
import { makeStep } from './define.ts'
import { checkValue, invalidParam } from './param-check.ts'
import { describeParam, formatValue, parseValue } from './param-text.ts'
import type { Param } from './params.ts'
import { formatRecipeStep, parseRecipeStep } from './recipe.ts'

/** Reads `id[:k=v,…][@place]` or a JSON step. Throws `invalid-step`, `invalid-param`, `unknown-algorithm` … */
export function parseStep(text: string, algorithms: Algorithms): Step {
  if (text.startsWith('{')) return parseRecipeStep(parseJson(text), algorithms)
  const { head, place } = splitPlace(text)
  const colon = head.indexOf(':')
  const name = colon < 0 ? head : head.slice(0, colon)
  if (name === '') throw invalidStep(text, 'it has no algorithm')
  const algorithm = findAlgorithm(name, algorithms)
  const params = colon < 0 ? {} : parseParams(algorithm, head.slice(colon + 1), text)
  return makeStep(algorithm, params, place === undefined ? undefined : parsePlace(place, text))
}

/** Writes a step so that `parseStep` reads the same step; parameters at their defaults are left out. */
export function formatStep(step: Step, algorithms: Algorithms = []): string {
  const among = [...algorithms]
  const whole = JSON.stringify(formatRecipeStep(step))
  const shorter = [shortForm(step, among), shortJson(step, among)]
  return shorter.find(text => text !== undefined && readsBack(text, step, whole, among)) ?? whole
}

/** The place starts at the last `@` that is not the first character. */
function splitPlace(text: string): { readonly head: string; readonly place: string | undefined } {
  const at = text.lastIndexOf('@')
  return at <= 0 ? { head: text, place: undefined } : { head: text.slice(0, at), place: text.slice(at + 1) }
}

function parseParams(
  algorithm: AnyAlgorithm,
  text: string,
  whole: string,
): Readonly<Record<string, unknown>> {
  // Without a prototype, so that `__proto__` is a key like any other: unknown.
  const params: Record<string, unknown> = Object.create(null)
  for (const item of text.split(',')) {
    const equals = item.indexOf('=')
    if (equals <= 0) throw invalidStep(whole, `"${item}" is not like bits=4`)
    const [key, written] = [item.slice(0, equals), item.slice(equals + 1)]
    if (Object.hasOwn(params, key)) throw invalidStep(whole, `"${key}" is given twice`)
    const param = Object.hasOwn(algorithm.params, key) ? algorithm.params[key] : undefined
    const value: unknown = param ? parseValue(param, written) : written
    if (param && (value === undefined || 'expected' in checkValue(param, value))) {
      throw invalidParam(algorithm.id, key, describeParam(param), written)
    }
    params[key] = value
  }
  return params
}

function parsePlace(text: string, whole: string): Place | 'rest' {
  if (text === 'rest') return 'rest'
  const hash = text.indexOf('#')
  const parts = hash < 0 ? text : text.slice(0, hash)
  const globs = hash < 0 ? [] : text.slice(hash + 1).split('+')
  const include = globs.filter(glob => !glob.startsWith('!'))
  const exclude = globs.filter(glob => glob.startsWith('!')).map(glob => glob.slice(1))
  const names = parts === '' && hash >= 0 ? [] : parts.split('+')
  if ([...names, ...include, ...exclude].includes(''))
    throw invalidStep(whole, `the place "@${text}" has an empty name`)
  return {
    ...(names.length === 0 ? {} : { parts: names }),
    ...(include.length === 0 ? {} : { include }),
    ...(exclude.length === 0 ? {} : { exclude }),
  }
}

function shortForm(step: Step, algorithms: Algorithms): string | undefined {
  const { algorithm, on } = step
  const params = changedParams(step).map(([name, param, value]) => `${name}=${formatValue(param, value)}`)
  const place = on === undefined ? '' : on === 'rest' ? '@rest' : formatPlace(on)
  if (place === undefined) return undefined
  const list = params.length === 0 ? '' : `:${params.join(',')}`
  return `${shortName(algorithm, algorithms)}${list}${place}`
}

/** As JSON, but with the short name and without what is at its default. */
function shortJson(step: Step, algorithms: Algorithms): string {
  const params = Object.fromEntries(changedParams(step).map(([name, , value]) => [name, value]))
  const { on } = step
  return JSON.stringify({
    use: shortName(step.algorithm, algorithms),
    ...(Object.keys(params).length === 0 ? {} : { params }),
    ...(on === undefined ? {} : { on }),
  })
}

function changedParams({ algorithm, params }: Step): readonly (readonly [string, Param<unknown>, unknown])[] {
  const defaults = makeStep(algorithm).params
  return Object.entries(params).flatMap(([name, value]) => {
    const param = algorithm.params[name]
    const changed = param && JSON.stringify(value) !== JSON.stringify(defaults[name])
    return changed ? [[name, param, value] as const] : []
  })
}

function formatPlace({ parts, include = [], exclude = [], rest }: Place): string | undefined {
  if (rest === true) return undefined
  const globs = [...include, ...exclude.map(glob => `!${glob}`)]
  return `@${(parts ?? []).join('+')}${globs.length === 0 ? '' : `#${globs.join('+')}`}`
}

/** The short form is used only if it reads back as the same step. */
function readsBack(text: string, step: Step, json: string, algorithms: Algorithms): boolean {
  try {
    const read = parseStep(text, [...algorithms, step.algorithm])
    return JSON.stringify(formatRecipeStep(read)) === json
  } catch {
    return false
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new DamsonError(
      'invalid-step',
      `Expected a step as JSON, since it starts with "{", got "${text}": ${why}.`,
      { cause },
    )
  }
}

function invalidStep(text: string, why: string): DamsonError {
  return new DamsonError(
    'invalid-step',
    `Expected a step like hqq:bits=4,blockSize=64@unet#/down_blocks*, got "${text}": ${why}.`,
    { details: { text } },
  )
}
