// Parameters as data for other programs: JSON Schema for editors and recipe files, ranges for a search.
import type { Domain, Param, Params } from './params.ts'

/** A JSON Schema (draft 2020-12) as plain data. */
export type JsonSchema = { readonly [key: string]: unknown }

/** The schema of one parameter, with doc and default. */
export function paramSchema(param: Param<unknown>): JsonSchema {
  const domain = domainSchema(param.domain)
  const body = param.or === undefined ? domain : { anyOf: [{ enum: param.or }, domain] }
  return { description: param.doc, default: param.default, ...body }
}

/** The schema of an algorithm's parameters: an object that takes no other keys. */
export function paramsSchema(params: Params): JsonSchema {
  const properties = Object.fromEntries(
    Object.entries(params).map(([name, param]) => [name, paramSchema(param)]),
  )
  return { type: 'object', properties, additionalProperties: false }
}

function domainSchema(domain: Domain): JsonSchema {
  switch (domain.kind) {
    case 'int':
    case 'real':
      return {
        type: domain.kind === 'int' ? 'integer' : 'number',
        ...(domain.min === -Infinity ? {} : { minimum: domain.min }),
        ...(domain.max === Infinity ? {} : { maximum: domain.max }),
      }
    case 'one-of':
      return { enum: domain.options }
    case 'flag':
      return { type: 'boolean' }
    case 'text':
      return domain.pattern === undefined
        ? { type: 'string' }
        : { type: 'string', pattern: `^(?:${domain.pattern})$` }
    case 'list':
      return { type: 'array', items: domainSchema(domain.of) }
    case 'pair':
      return { type: 'array', items: domainSchema(domain.of), minItems: 2, maxItems: 2 }
    case 'record':
      return { type: 'object', additionalProperties: domainSchema(domain.of) }
    case 'quantity':
      return quantitySchema(domain.units)
  }
}

function quantitySchema(units: readonly string[]): JsonSchema {
  const properties = { value: { type: 'number' }, unit: { enum: units } }
  return {
    anyOf: [
      { type: 'object', properties, required: ['value', 'unit'], additionalProperties: false },
      { type: 'string', pattern: '^[+-]?[0-9.]+(e[+-]?[0-9]+)?(bits?|B|[kMG]B|[KMG]iB|dB|%)?$' },
    ],
  }
}

/** One axis of a search: a range, choices, or nothing to vary (texts, records, quantities, lists). */
export type SearchAxis = {
  readonly name: string
  readonly default: unknown
  readonly or: readonly string[]
} & (
  | { readonly kind: 'int' | 'real'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly options: readonly (string | number | boolean)[] }
  | { readonly kind: 'fixed' }
)

/** What a search may vary. */
export function searchSpace(params: Params): readonly SearchAxis[] {
  return Object.entries(params).map(([name, param]) => {
    const common = { name, default: param.default, or: param.or ?? [] }
    const { domain } = param
    if (domain.kind === 'int' || domain.kind === 'real') {
      return { ...common, kind: domain.kind, min: domain.min, max: domain.max }
    }
    if (domain.kind === 'one-of') return { ...common, kind: 'choice', options: domain.options }
    if (domain.kind === 'flag') return { ...common, kind: 'choice', options: [false, true] }
    return { ...common, kind: 'fixed' }
  })
}
