// Types of operands against the type parameters of the schema, as far as they are known: each must be allowed, and all
// operands of one parameter must agree.
import { dataTypes } from '../dtype.ts'
import type { Node, ValueType } from '../ir.ts'
import type { Parameter, Schema } from '../ops/schema.ts'
import { Value, type Scope } from '../scope.ts'
import { placeOf, type Problem } from './problem.ts'

/** The problems of a node's operand types; what is not known is not judged. */
export function checkTypes(node: Node, schema: Schema, scope: Scope): readonly Problem[] {
  const problems: Problem[] = []
  const bound = new Map<string, { readonly type: string; readonly operand: string }>()
  const check = (names: readonly string[], parameters: readonly Parameter[], kind: string): void => {
    names.forEach((name, at) => {
      const last = parameters.at(-1)
      const parameter = parameters[at] ?? (last?.option === 'variadic' ? last : undefined)
      const type = name === '' ? undefined : schemaType(new Value(name, scope).type)
      if (!parameter || type === undefined) return
      const operand = `${kind} "${name}"`
      const report = (message: string): void => {
        const whole = `${placeOf(node, scope.path)}: ${operand} is ${type}, ${message}`
        problems.push({ code: 'type', severity: 'error', message: whole, path: scope.path, node, name })
      }
      const allowed = schema.types.get(parameter.type) ?? [parameter.type]
      if (!allowed.includes(type)) report(`but the operator takes ${allowed.join(', ')} there. Cast it.`)
      const before = parameter.heterogeneous ? undefined : bound.get(parameter.type)
      if (before && before.type !== type)
        report(`but ${before.operand} is ${before.type}, and they have to agree.`)
      if (!parameter.heterogeneous && !before) bound.set(parameter.type, { type, operand })
    })
  }
  check(node.inputs, schema.inputs, 'input')
  check(node.outputs, schema.outputs, 'output')
  return problems
}

/** A type as schemas spell it: `tensor(float)`, `seq(tensor(int64))`; undefined when something in it is not known. */
function schemaType(type: ValueType | undefined): string | undefined {
  switch (type?.kind) {
    case 'tensor':
      return type.dtype && `tensor(${dataTypes[type.dtype].text})`
    case 'sparse-tensor':
      return type.dtype && `sparse_tensor(${dataTypes[type.dtype].text})`
    case 'sequence':
    case 'optional': {
      const element = schemaType(type.element)
      return element && `${type.kind === 'sequence' ? 'seq' : 'optional'}(${element})`
    }
    default:
      // Maps are spelled in more than one way in the schemas.
      return undefined
  }
}
