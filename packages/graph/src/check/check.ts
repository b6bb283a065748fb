// The checker: everything that makes a model invalid, all at once, as data.
import { DamsonError } from '../error.ts'
import type { Body, Dim, Graph, ValueType } from '../ir.ts'
import { scopeOf, scopes, walk } from '../scope.ts'
import { typeText } from '../text/print-type.ts'
import { checkFunctions, checkNoReferences, keyOf } from './functions.ts'
import { checkNames } from './names.ts'
import { checkOperator } from './operators.ts'
import type { Problem } from './problem.ts'

/**
 * Everything wrong with a model: names, order, outputs, initializers against declared inputs, operators against their
 * schemas, nested graphs, functions. Linear in nodes. Types are judged where they are known: infer shapes first for more.
 */
export function check(graph: Graph): readonly Problem[] {
  const functions = new Map(graph.header.functions.map(each => [keyOf(each), each]))
  const operators = { opsets: graph.header.opsets, functions }
  return [
    ...checkNames(scopeOf(graph)),
    ...[...scopes(graph)].flatMap(({ body, path }) => checkInitializers(body, path)),
    ...[...walk(graph)].flatMap(({ node, scope }) => checkOperator(node, scope, operators)),
    ...checkNoReferences(graph),
    ...checkFunctions(graph, functions),
  ]
}

/** Throws one `invalid-graph` error that lists the errors of `check` (warnings do not count); `details.problems` has them all. */
export function assertValid(graph: Graph): void {
  const problems = check(graph)
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  const shown = errors.slice(0, 10).map(({ message }) => `\n- ${message}`)
  const more = errors.length > shown.length ? `\n… and ${errors.length - shown.length} more.` : ''
  const message = `Expected a valid model, but ${errors.length} ${errors.length === 1 ? 'thing is' : 'things are'} wrong:`
  throw new DamsonError('invalid-graph', `${message}${shown.join('')}${more}`, { details: { problems } })
}

function checkInitializers(body: Body, path: string): readonly Problem[] {
  return body.inputs.flatMap(({ name, type }): readonly Problem[] => {
    const tensor = body.initializers.get(name)?.tensor
    if (!tensor || !type) return []
    const own: ValueType = { kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape }
    if (type.kind === 'tensor' && fits(tensor.dtype, type.dtype) && shapeFits(tensor.shape, type.shape))
      return []
    const message = `Initializer "${name}"${path === '' ? '' : ` in ${path}`} is ${typeText(own)}, but the input of that name is declared ${typeText(type)}. Change the declaration.`
    return [{ code: 'initializer-type', severity: 'error', message, path, name }]
  })
}

function fits<T>(have: T, declared: T | undefined | null): boolean {
  return declared === undefined || declared === null || have === declared
}

function shapeFits(have: readonly number[], declared: readonly Dim[] | undefined): boolean {
  if (!declared) return true
  return (
    have.length === declared.length &&
    declared.every((dim, at) => typeof dim !== 'number' || dim === have[at])
  )
}
