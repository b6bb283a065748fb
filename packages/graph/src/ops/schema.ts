// Operator schemas: which operators exist at an opset, their inputs, outputs, attributes and types. The data is generated
// from onnx and onnxruntime (tooling/schemas) as text of about 15 KB compressed, and parsed operator by operator.
import type { Attribute, AttributeKind } from '../ir.ts'
import { learningSchemas, learningTypeSets } from './learning-schemas.generated.ts'
import { microsoftSchemas, microsoftTypeSets } from './microsoft-schemas.generated.ts'
import { onnxSchemas, onnxTypeSets } from './onnx-schemas.generated.ts'
import { runtimeSchemas, runtimeTypeSets } from './runtime-schemas.generated.ts'
import { indexTable, parseSchema, type OperatorTable } from './schema-table.ts'

/** An input or output of an operator. */
export interface Parameter {
  readonly name: string
  /** A type parameter (a key of `types`) or a concrete type: `tensor(int64)`. */
  readonly type: string
  readonly option: 'single' | 'optional' | 'variadic'
  /** Of a variadic one: the items may differ in type. */
  readonly heterogeneous: boolean
}

export interface AttributeSchema {
  readonly name: string
  readonly type: AttributeKind
  readonly required: boolean
  readonly default?: Attribute
}

/** One version of one operator. Counts include absent inputs (empty names); no limit is Infinity. */
export interface Schema {
  readonly op: string
  readonly domain: string
  readonly since: number
  readonly deprecated: boolean
  readonly minInputs: number
  readonly maxInputs: number
  readonly minOutputs: number
  readonly maxOutputs: number
  readonly inputs: readonly Parameter[]
  readonly outputs: readonly Parameter[]
  readonly attributes: ReadonlyMap<string, AttributeSchema>
  /** Type parameter to the types it may be: `tensor(float)`, `seq(tensor(int64))`. */
  readonly types: ReadonlyMap<string, readonly string[]>
  /** ONNX Runtime registers it in the ONNX domain, ONNX itself does not know it (SimplifiedLayerNormalization …). */
  readonly runtimeOnly: boolean
}

const sources: Readonly<Record<string, readonly (readonly [schemas: string, typeSets: string])[]>> = {
  '': [
    [onnxSchemas, onnxTypeSets],
    [runtimeSchemas, runtimeTypeSets],
  ],
  'ai.onnx.ml': [[learningSchemas, learningTypeSets]],
  'com.microsoft': [[microsoftSchemas, microsoftTypeSets]],
}

// Memos of pure functions of the generated text, not state.
const tables = new Map<string, OperatorTable>()
const parsed = new Map<string, Schema>()

/** The schema in force at an opset: the newest version not above it. Undefined: no such operator there. */
export function schemaOf(domain: string, op: string, opset: number): Schema | undefined {
  const lines = tableOf(domain).get(op) ?? []
  const line = lines.reduce<(typeof lines)[number] | undefined>(
    (best, each) => (each.since <= opset && each.since >= (best?.since ?? 0) ? each : best),
    undefined,
  )
  if (!line) return undefined
  const key = `${domain}:${op}:${line.since}:${line.source}`
  const schema = parsed.get(key) ?? parseSchema(line, domain, domain === '' && line.source === 1)
  parsed.set(key, schema)
  return schema
}

/** Every version of an operator at which its schema changed, ascending. Rows that opset 7 had replaced are not held. */
export function versionsOf(domain: string, op: string): readonly number[] {
  return (tableOf(domain).get(op) ?? []).map(line => line.since).sort((a, b) => a - b)
}

/** Names of all operators of a domain. */
export function operatorsOf(domain: string): readonly string[] {
  return [...tableOf(domain).keys()]
}

function tableOf(domain: string): OperatorTable {
  const known = tables.get(domain)
  if (known) return known
  const table = indexTable(sources[domain] ?? [])
  tables.set(domain, table)
  return table
}
