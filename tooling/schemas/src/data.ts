// The schema files as they lie in data/ (see README.md), with the type sets resolved.
import { readFileSync } from 'node:fs'

export interface ParameterRow {
  readonly name: string
  readonly type: string
  readonly option?: 'optional' | 'variadic'
  readonly min?: number
  readonly heterogeneous?: boolean
}

export interface AttributeRow {
  readonly name: string
  readonly type: string
  readonly required?: boolean
  readonly default?: number | string | readonly (number | string)[]
}

/** One version of one operator. `types`: type parameter to the types it may be. */
export interface SchemaRow {
  readonly op: string
  readonly domain: string
  readonly since: number
  readonly deprecated?: boolean
  readonly minIn: number
  readonly maxIn: number | null
  readonly minOut: number
  readonly maxOut: number | null
  readonly in: readonly ParameterRow[]
  readonly out: readonly ParameterRow[]
  readonly attrs: readonly AttributeRow[]
  readonly types: Readonly<Record<string, readonly string[]>>
  readonly doc: string
}

export interface KernelRow {
  readonly since: number
  readonly end: number | null
  readonly types: Readonly<Record<string, readonly string[]>>
}

type TypeSets = Readonly<Record<string, readonly string[]>>
type Constraints = Readonly<Record<string, string | readonly string[]>>

export function readSchemas(file: string): readonly SchemaRow[] {
  const { ops, typeSets }: { ops: readonly (SchemaRow & { types: Constraints })[]; typeSets: TypeSets } =
    readJson(file)
  return ops.map(row => ({ ...row, types: resolveSets(row.types, typeSets) }))
}

export function readKernels(file: string): ReadonlyMap<string, readonly KernelRow[]> {
  const data: {
    kernels: Record<string, readonly (KernelRow & { types: Constraints })[]>
    typeSets: TypeSets
  } = readJson(file)
  return new Map(
    Object.entries(data.kernels).map(([name, rows]) => [
      name,
      rows.map(row => ({ ...row, types: resolveSets(row.types, data.typeSets) })),
    ]),
  )
}

function resolveSets(types: Constraints, sets: TypeSets): TypeSets {
  const resolved = Object.entries(types).map(([name, set]): [string, readonly string[]] => {
    const list = typeof set === 'string' ? sets[set] : set
    if (!list) throw new Error(`type set ${String(set)} is not in the file`)
    return [name, list]
  })
  return Object.fromEntries(resolved)
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../data/${file}`, import.meta.url), 'utf8'))
}
