// The fallback for operators without a rule of their own: element types as the schema's type parameters bind them,
// shapes unknown.
import { dataTypeOfText, type DataType } from '../dtype.ts'
import { schemaOf, type Parameter } from '../ops/schema.ts'
import type { Call } from './call.ts'
import { tensorFact, unknown, type Fact } from './fact.ts'

/** Element types of a call's outputs by its schema; unknown where the operator is. */
export function schemaTypes(call: Call): readonly Fact[] {
  const { domain, op, outputs } = call.node
  const schema = schemaOf(domain, op, call.opset)
  if (!schema) return []
  const bound = new Map<string, DataType>()
  call.facts.forEach((_, at) => {
    const parameter = parameterAt(schema.inputs, at)
    const dtype = call.dtype(at)
    if (parameter && dtype && !bound.has(parameter.type)) bound.set(parameter.type, dtype)
  })
  return outputs.map((_, at) => {
    const type = parameterAt(schema.outputs, at)?.type ?? ''
    const named = /^tensor\((\w+)\)$/.exec(type)?.[1]
    const only =
      schema.types.get(type)?.length === 1
        ? /^tensor\((\w+)\)$/.exec(schema.types.get(type)?.[0] ?? '')
        : null
    const dtype = dataTypeOfText(named ?? only?.[1] ?? '') ?? bound.get(type)
    return dtype ? tensorFact(dtype) : unknown
  })
}

function parameterAt(parameters: readonly Parameter[], at: number): Parameter | undefined {
  const last = parameters.at(-1)
  return parameters[at] ?? (last?.option === 'variadic' && !last.heterogeneous ? last : undefined)
}
