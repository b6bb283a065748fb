// Parameters as text: how values are written on the command line, and how a domain reads in help and errors.
// A list or a pair is `a+b`, a record `key:a+other:b`, a quantity `4.5bits`, `40MB`, `30dB`, a ratio a bare number.
import type { Domain, Param, Quantity, Unit } from './params.ts'

/** A domain for people: `int 1…10`, `one of int8, uint8`, `bits or bytes (4.5bits, 40MB)`. */
export function describeDomain(domain: Domain): string {
  switch (domain.kind) {
    case 'int':
    case 'real':
      return `${domain.kind}${describeRange(domain.min, domain.max)}`
    case 'one-of':
      return `one of ${domain.options.join(', ')}`
    case 'flag':
      return 'true or false'
    case 'text':
      return domain.pattern === undefined ? 'text' : `text like ${domain.pattern}`
    case 'list':
      return `list (a+b) of ${describeDomain(domain.of)}`
    case 'pair':
      return `pair (a+b) of ${describeDomain(domain.of)}`
    case 'record':
      return `record (key:a+other:b) of ${describeDomain(domain.of)}`
    case 'quantity':
      return `${domain.units.join(' or ')} (${domain.units.map(unit => samples[unit]).join(', ')})`
  }
}

/** The domain of a parameter with the words it accepts beside it: `int 1…10 or auto`. */
export function describeParam(param: Param<unknown>): string {
  return [describeDomain(param.domain), ...(param.or ?? [])].join(' or ')
}

const samples: Readonly<Record<Unit, string>> = {
  bits: '4.5bits',
  bytes: '40MB',
  decibels: '30dB',
  ratio: '0.5',
}

function describeRange(min: number, max: number): string {
  if (min === -Infinity) return max === Infinity ? '' : ` up to ${max}`
  return max === Infinity ? ` from ${min}` : ` ${min}…${max}`
}

/** Reads a value from text. Undefined when the text has not the form of the domain; ranges are `checkValue`'s to check. */
export function parseValue(param: Param<unknown>, text: string): unknown {
  return param.or?.includes(text) ? text : parseDomain(param.domain, text)
}

function parseDomain(domain: Domain, text: string): unknown {
  switch (domain.kind) {
    case 'int':
    case 'real':
      return parseNumber(text)
    case 'one-of':
      return domain.options.find(option => String(option) === text)
    case 'flag':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'text':
      return text
    case 'list':
      return text === '' ? [] : text.split('+').map(item => parseDomain(domain.of, item))
    case 'pair':
      return text.split('+').map(item => parseDomain(domain.of, item))
    case 'record':
      return text === '' ? {} : Object.fromEntries(text.split('+').map(item => parseEntry(domain.of, item)))
    case 'quantity':
      return parseQuantity(text)
  }
}

function parseEntry(of: Domain, text: string): readonly [string, unknown] {
  const at = text.indexOf(':')
  return at < 0 ? [text, undefined] : [text.slice(0, at), parseDomain(of, text.slice(at + 1))]
}

function parseNumber(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}

/** Writes a value as text; `parseValue` reads most of them back (`formatStep` checks, and turns to JSON for the rest). */
export function formatValue(param: Param<unknown>, value: unknown): string {
  return typeof value === 'string' && param.or?.includes(value) ? value : formatDomain(param.domain, value)
}

function formatDomain(domain: Domain, value: unknown): string {
  if (Array.isArray(value) && (domain.kind === 'list' || domain.kind === 'pair')) {
    return value.map(item => formatDomain(domain.of, item)).join('+')
  }
  if (typeof value === 'object' && value !== null) {
    if (domain.kind === 'record') {
      return Object.entries(value).map(([key, item]) => `${key}:${formatDomain(domain.of, item)}`).join('+') // prettier-ignore
    }
    if ('unit' in value && 'value' in value) return formatQuantity(value)
  }
  return typeof value === 'number' ? formatNumber(value) : String(value)
}

/** Without `+`, which separates the items of a list. */
function formatNumber(value: number): string {
  return String(value).replace('e+', 'e')
}

const scales: Readonly<Record<string, readonly [Unit, number]>> = {
  '': ['ratio', 1], '%': ['ratio', 0.01], bit: ['bits', 1], bits: ['bits', 1], dB: ['decibels', 1],
  B: ['bytes', 1], kB: ['bytes', 1e3], MB: ['bytes', 1e6], GB: ['bytes', 1e9],
  KiB: ['bytes', 2 ** 10], MiB: ['bytes', 2 ** 20], GiB: ['bytes', 2 ** 30],
} // prettier-ignore

/** Reads `4.5bits`, `40MB`, `1GiB`, `30dB`, `0.5`, `50%`; undefined for anything else. */
export function parseQuantity(text: string): Quantity | undefined {
  const [, digits = '', suffix = ''] = /^(.*?)([a-zA-Z%]*)$/.exec(text) ?? []
  const scale = Object.hasOwn(scales, suffix) ? scales[suffix] : undefined
  const value = parseNumber(digits)
  return scale && value !== undefined ? { value: value * scale[1], unit: scale[0] } : undefined
}

function formatQuantity(quantity: { readonly value: unknown; readonly unit: unknown }): string {
  const value = Number(quantity.value)
  const suffixes = Object.entries(scales).filter(([, [unit]]) => unit === quantity.unit)
  const decimal = suffixes.filter(([suffix]) => !/^(%|bit|KiB|MiB|GiB)$/.test(suffix)).reverse()
  const exact = decimal.find(([, [, scale]]) => value / scale >= 1 && (value / scale) * scale === value)
  const [suffix, [, scale]] = exact ?? decimal.at(-1) ?? ['', ['ratio', 1]]
  return `${formatNumber(value / scale)}${suffix}`
}
