// Validation of parameter values: the same check for calls from code, recipes, and the command line. What passes comes
// out in its one normal form (quantities as records, lists frozen), so that equal settings are equal values.
import { DamsonError } from '@damson/graph'
import type { Domain, Param, Params, Quantity } from './params.ts'
import { describeParam, parseQuantity } from './param-text.ts'

/** What is wrong with a value, or its normal form. */
export type Checked = { readonly value: unknown } | { readonly expected: string }

/** Checks one value of a parameter; the words of `or` come first. */
export function checkValue(param: Param<unknown>, value: unknown): Checked {
  if (typeof value === 'string' && param.or?.includes(value)) return { value }
  const checked = checkDomain(param.domain, value)
  return checked === undefined ? { expected: describeParam(param) } : checked
}

/** All parameters of an algorithm with defaults filled in, validated and frozen. Throws `invalid-param`. */
export function resolveParams(
  algorithm: { readonly id: string; readonly params: Params },
  given: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  for (const name of Object.keys(given)) {
    if (given[name] === undefined || Object.hasOwn(algorithm.params, name)) continue
    const names = Object.keys(algorithm.params)
    const expected = names.length === 0 ? 'no parameters' : `one of the parameters ${names.join(', ')}`
    throw invalidParam(algorithm.id, name, expected, given[name], `"${name}"`)
  }
  const values: Record<string, unknown> = {}
  for (const [name, param] of Object.entries(algorithm.params)) {
    const value = given[name] === undefined ? param.default : given[name]
    const checked = checkValue(param, value)
    if ('expected' in checked) throw invalidParam(algorithm.id, name, checked.expected, value)
    values[name] = checked.value
  }
  return Object.freeze(values)
}

/** The error for a parameter that cannot be honoured. */
export function invalidParam(
  algorithm: string,
  param: string,
  expected: string,
  got: unknown,
  shown: string = show(got),
): DamsonError {
  return new DamsonError('invalid-param', `${algorithm}: "${param}" expects ${expected}, got ${shown}.`, {
    details: { algorithm, param, expected, got },
  })
}

type Normal = { readonly value: unknown } | undefined

function checkDomain(domain: Domain, value: unknown): Normal {
  switch (domain.kind) {
    case 'int':
      return Number.isInteger(value) ? checkRange(domain, value) : undefined
    case 'real':
      return checkRange(domain, value)
    case 'one-of':
      return domain.options.some(option => option === value) ? { value } : undefined
    case 'flag':
      return typeof value === 'boolean' ? { value } : undefined
    case 'text':
      return typeof value === 'string' && new RegExp(`^(?:${domain.pattern ?? '[^]*'})$`).test(value)
        ? { value }
        : undefined
    case 'list':
      return Array.isArray(value) ? checkItems(domain.of, value) : undefined
    case 'pair':
      return Array.isArray(value) && value.length === 2 ? checkItems(domain.of, value) : undefined
    case 'record':
      return isRecord(value) ? checkRecord(domain.of, value) : undefined
    case 'quantity':
      return checkQuantity(domain.units, value)
  }
}

function checkRange(domain: { readonly min: number; readonly max: number }, value: unknown): Normal {
  const inside = typeof value === 'number' && value >= domain.min && value <= domain.max
  // -0 prints as 0 and would come back as another value.
  return inside ? { value: value === 0 ? 0 : value } : undefined
}

function checkItems(of: Domain, values: readonly unknown[]): Normal {
  const items = values.map(value => checkDomain(of, value))
  return items.every(item => item !== undefined)
    ? { value: Object.freeze(items.map(item => item.value)) }
    : undefined
}

function checkRecord(of: Domain, values: Readonly<Record<string, unknown>>): Normal {
  const items = Object.entries(values).map(([key, value]) => [key, checkDomain(of, value)] as const)
  if (items.some(([, item]) => item === undefined)) return undefined
  return { value: Object.freeze(Object.fromEntries(items.map(([key, item]) => [key, item?.value]))) }
}

function checkQuantity(units: readonly string[], value: unknown): Normal {
  const quantity = typeof value === 'string' ? parseQuantity(value) : isQuantity(value) ? value : undefined
  if (!quantity || !units.includes(quantity.unit) || !Number.isFinite(quantity.value)) return undefined
  if (quantity.value < 0 && quantity.unit !== 'decibels') return undefined
  return { value: Object.freeze({ value: quantity.value === 0 ? 0 : quantity.value, unit: quantity.unit }) }
}

function isQuantity(value: unknown): value is Quantity {
  return (
    isRecord(value) &&
    typeof value['value'] === 'number' &&
    typeof value['unit'] === 'string' &&
    Object.keys(value).length === 2
  )
}

/** True for a plain record. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return typeof value
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}
