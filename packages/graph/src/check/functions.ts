// Model-local functions: unique, not recursive, their names and operators right, and attribute references only inside them
// and only to what they declare.
import { Body, type FunctionDefinition, type Graph, type Node } from '../ir.ts'
import { scopeOf, walk } from '../scope.ts'
import { checkNames } from './names.ts'
import { checkOperator, functionKey, type Operators } from './operators.ts'
import { placeOf, type Problem } from './problem.ts'

/** The functions of a model by key, and what is wrong with them. */
export function checkFunctions(graph: Graph, functions: Operators['functions']): readonly Problem[] {
  const { irVersion } = graph.header
  const all = graph.header.functions
  const problems: Problem[] = []
  const seen = new Set<string>()
  for (const each of all) {
    const key = keyOf(each)
    if (seen.has(key))
      problems.push(about(each, 'duplicate-function', 'is defined twice. Remove one of them.'))
    seen.add(key)
    problems.push(...checkDefinition(each, functions))
  }
  const needed = all.some(each => each.overload) ? 10 : 8
  if (all.length > 0 && irVersion < needed) {
    const message = `Functions need IR version ${needed}, but the model has ${irVersion}. Raise header.irVersion.`
    problems.push({ code: 'ir-version', severity: 'error', message, path: '' })
  }
  return [...problems, ...checkRecursion(all, functions)]
}

/** Attribute references in a graph, where there is no function to refer to. */
export function checkNoReferences(graph: Graph): readonly Problem[] {
  return [...walk(graph)].flatMap(({ node, scope }) =>
    references(node).map(({ attribute }): Problem => {
      const message = `${placeOf(node, scope.path)}: attribute "${attribute}" refers to a function's attribute, but is in no function. Give it a value.`
      return {
        code: 'attribute-reference',
        severity: 'error',
        message,
        path: scope.path,
        node,
        name: attribute,
      }
    }),
  )
}

/** The key under which nodes call a function. */
export function keyOf({ domain, name, overload }: FunctionDefinition): string {
  return functionKey({ domain, op: name, ...(overload === undefined ? {} : { overload }) })
}

function checkDefinition(each: FunctionDefinition, functions: Operators['functions']): readonly Problem[] {
  const path = nameOf(each)
  const body = bodyOf(each)
  const scope = { ...scopeOf(body), path }
  const operators = { opsets: each.opsets, functions }
  const problems: Problem[] = [...checkNames(scope)]
  for (const visit of walk(scope)) {
    problems.push(...checkOperator(visit.node, visit.scope, operators))
    for (const { attribute, to } of references(visit.node)) {
      if (each.attributes.includes(to) || each.defaults.has(to)) continue
      const message = `${placeOf(visit.node, visit.scope.path)}: attribute "${attribute}" refers to "${to}", which the function does not declare.`
      problems.push({
        code: 'attribute-reference',
        severity: 'error',
        message,
        path,
        node: visit.node,
        name: to,
      })
    }
  }
  for (const name of each.attributes) {
    if (each.defaults.has(name)) {
      problems.push(
        about(each, 'function-attribute', `declares "${name}" with and without a default. Keep one.`),
      )
    }
  }
  return problems
}

/** A function seen as a body: its inputs are names, with types where it notes them. */
function bodyOf({ name, inputs, outputs, nodes, types }: FunctionDefinition): Body {
  const info = (each: string): { name: string } => types.get(each) ?? { name: each }
  return new Body({
    name,
    inputs: inputs.map(info),
    outputs: outputs.map(info),
    initializers: new Map(),
    nodes,
    types,
  })
}

function checkRecursion(
  all: readonly FunctionDefinition[],
  functions: Operators['functions'],
): readonly Problem[] {
  const done = new Set<FunctionDefinition>()
  const problems: Problem[] = []
  const visit = (each: FunctionDefinition, open: readonly FunctionDefinition[]): void => {
    if (open.includes(each)) {
      const path = [...open.slice(open.indexOf(each)), each].map(nameOf).join(' → ')
      problems.push(about(each, 'recursion', `calls itself: ${path}. ONNX has no recursion; use a Loop.`))
    } else if (!done.has(each)) {
      for (const { node } of walk(bodyOf(each))) {
        const called = functions.get(functionKey(node))
        if (called) visit(called, [...open, each])
      }
      done.add(each)
    }
  }
  for (const each of all) visit(each, [])
  return problems
}

function references(node: Node): readonly { readonly attribute: string; readonly to: string }[] {
  return [...node.attributes].flatMap(([attribute, value]) =>
    value.type === 'reference' ? [{ attribute, to: value.value }] : [],
  )
}

function about(each: FunctionDefinition, code: Problem['code'], what: string): Problem {
  return { code, severity: 'error', message: `Function ${nameOf(each)} ${what}`, path: nameOf(each) }
}

function nameOf({ domain, name, overload }: FunctionDefinition): string {
  return [domain, name, overload].filter(part => part).join('.')
}
