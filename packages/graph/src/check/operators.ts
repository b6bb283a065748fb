// Nodes against the schemas of their operators: does it exist at the opset, are there enough inputs, are the attributes
// those it knows and of the right type. Operators of domains that damson has no schemas of are left alone.
import type { Attribute, FunctionDefinition, Node } from '../ir.ts'
import { operatorsOf, schemaOf, versionsOf, type Schema } from '../ops/schema.ts'
import type { Scope } from '../scope.ts'
import { checkNestedGraphs } from './nested-graphs.ts'
import { checkTypes } from './operand-types.ts'
import { placeOf, type Problem, type ProblemCode } from './problem.ts'

/** What the operators of a graph or function may be. */
export interface Operators {
  readonly opsets: ReadonlyMap<string, number>
  /** Model-local functions by `functionKey`. */
  readonly functions: ReadonlyMap<string, FunctionDefinition>
}

type Reference = Pick<Node, 'domain' | 'op' | 'overload'>

/** What a function is called by. */
export function functionKey({ domain, op, overload }: Reference): string {
  return JSON.stringify([domain, op, overload ?? ''])
}

export function checkOperator(node: Node, scope: Scope, operators: Operators): readonly Problem[] {
  const { path } = scope
  const place = placeOf(node, path)
  const problem = (code: ProblemCode, message: string, name?: string, severity: Problem['severity'] = 'error'): Problem => ({
    code, severity, message: `${place} ${message}`, path, node, ...(name === undefined ? {} : { name }),
  }) // prettier-ignore
  const version = operators.opsets.get(node.domain)
  if (version === undefined) {
    const domain = node.domain === '' ? 'the ONNX domain' : `domain "${node.domain}"`
    return [
      problem('missing-opset', `needs ${domain}, which is not imported. Add it to the opsets.`, node.domain),
    ]
  }
  const called = operators.functions.get(functionKey(node))
  if (called) return checkCall(node, called, problem)
  const schema = schemaOf(node.domain, node.op, version)
  if (!schema) return checkUnknown(node, version, problem)
  const deprecated = schema.deprecated
    ? [problem('deprecated-operator', `is no operator of opset ${version} any more. Replace it.`)]
    : []
  return [
    ...deprecated,
    ...checkArity(node, schema, problem),
    ...checkAttributes(node, schema, problem),
    ...checkTypes(node, schema, scope),
    ...checkNestedGraphs(node, path),
  ]
}

type Report = (code: ProblemCode, message: string, name?: string, severity?: Problem['severity']) => Problem

function checkUnknown(node: Node, version: number, problem: Report): readonly Problem[] {
  if (operatorsOf(node.domain).length === 0) return []
  const versions = versionsOf(node.domain, node.op)
  const first = versions[0]
  // Operators of ONNX Runtime come and go with its releases; those of ONNX do not.
  const severity = node.domain === '' ? 'error' : 'warning'
  if (first === undefined) {
    const message = `is no operator of ${node.domain || 'ONNX'}. Check its name, or define it as a function of the model.`
    return [problem('unknown-operator', message, node.op, severity)]
  }
  const message = `exists from opset ${first} on, but the model imports ${version}. Raise the opset.`
  return [problem('unknown-operator', message, node.op, severity)]
}

function checkArity(node: Node, schema: Schema, problem: Report): readonly Problem[] {
  const problems: Problem[] = []
  const count = (code: 'inputs' | 'outputs', have: number, min: number, max: number): void => {
    if (have >= min && have <= max) return
    const wanted = min === max ? `${min}` : max === Infinity ? `at least ${min}` : `${min} to ${max}`
    problems.push(
      problem(code, `takes ${wanted} ${wanted === '1' ? code.slice(0, -1) : code}, but has ${have}.`),
    )
  }
  count('inputs', node.inputs.length, schema.minInputs, schema.maxInputs)
  count('outputs', node.outputs.length, schema.minOutputs, schema.maxOutputs)
  schema.inputs.forEach((parameter, at) => {
    if (node.inputs[at] !== '' || parameter.option !== 'single') return
    problems.push(
      problem('missing-input', `needs input ${at} ("${parameter.name}"), which is empty.`, parameter.name),
    )
  })
  return problems
}

function checkAttributes(node: Node, schema: Schema, problem: Report): readonly Problem[] {
  const problems: Problem[] = []
  for (const [name, attribute] of node.attributes) {
    const known = schema.attributes.get(name)
    const kind = kindOf(attribute)
    if (!known) {
      const names = [...schema.attributes.keys()].join(', ') || 'no attributes'
      problems.push(
        problem('unknown-attribute', `has an attribute "${name}"; the operator knows ${names}.`, name),
      )
    } else if (known.type !== kind) {
      const message = `has an attribute "${name}" of type ${kind}; it has to be ${known.type}.`
      problems.push(problem('attribute-type', message, name))
    }
  }
  for (const { name, type, required } of schema.attributes.values()) {
    if (!required || node.attributes.has(name)) continue
    problems.push(problem('missing-attribute', `lacks the attribute "${name}" (${type}).`, name))
  }
  return problems
}

function checkCall(node: Node, called: FunctionDefinition, problem: Report): readonly Problem[] {
  const problems: Problem[] = []
  const most = (code: 'inputs' | 'outputs', have: number, max: number): void => {
    if (have > max) problems.push(problem(code, `takes at most ${max} ${code}, but has ${have}.`))
  }
  most('inputs', node.inputs.length, called.inputs.length)
  most('outputs', node.outputs.length, called.outputs.length)
  for (const name of called.attributes) {
    if (!node.attributes.has(name)) {
      problems.push(problem('missing-attribute', `lacks the attribute "${name}" of the function.`, name))
    }
  }
  for (const name of node.attributes.keys()) {
    if (called.attributes.includes(name) || called.defaults.has(name)) continue
    problems.push(
      problem('unknown-attribute', `has an attribute "${name}", which the function does not declare.`, name),
    )
  }
  return problems
}

function kindOf(attribute: Attribute): string {
  return attribute.type === 'reference' ? attribute.of : attribute.type
}
