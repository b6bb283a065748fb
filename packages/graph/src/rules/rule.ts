// A rule says what a piece of graph may be replaced by: a pattern and a replacement in the operators' own vocabulary, and
// a check between them. Rules are data in lists; a list is used by `rewrite`, and lists spread.
import { DamsonError, type Refusal } from '../error.ts'
import { Choice, Constant, Term, Variable, type In } from '../ops/term.ts'
import { printTerm } from '../ops/print-term.ts'
import type { Value } from '../scope.ts'

/** How a variable is declared: `'x'`, `'bias?'` for an optional input, `'...xs'` for the inputs that are left. */
export type Declaration = string

type NameOf<D> = D extends `...${infer Name}` ? Name : D extends `${infer Name}?` ? Name : D

/** The variables as leaves of a pattern. A rest is spread: `op.Concat(x, ...xs)`. */
export type Leaves<D extends readonly Declaration[]> = {
  readonly [K in D[number] as NameOf<K>]: K extends `...${string}` ? readonly [Variable] : Variable
}

/** The variables as the values they are bound to; an optional one may be undefined, a rest is a list. */
export type Bound<D extends readonly Declaration[]> = {
  readonly [K in D[number] as NameOf<K>]: K extends `...${string}`
    ? readonly Value[]
    : K extends `${string}?`
      ? Value | undefined
      : Value
}

/** What a rule may know of where it is. */
export interface Place {
  /** Version of an operator set there (a function of the model has its own); 0 when it is not imported. */
  opset(domain?: string): number
  /** A function of the model has no initializers. */
  readonly kind: 'graph' | 'function'
}

export type Replacement = Term | Value | Constant

export interface RuleDefinition<D extends readonly Declaration[]> {
  /** Least version of the ONNX operator set. That the replaced and built operators exist is checked anyway. */
  readonly since?: number
  /** First version of the ONNX operator set that it does not serve. */
  readonly before?: number
  /** The pattern: a term, `anyOf` several, or a list of terms whose outputs are replaced together. */
  readonly match: (variables: Leaves<D>) => Term | Choice | readonly Term[]
  /** Whether the match is one: `rank(bias) === 1 || refuse('bias is not 1-D', bias)`. Nothing has been edited yet. */
  readonly check?: (bound: Bound<D>, place: Place) => true | Refusal
  /** The replacement, as many as the pattern has terms. May still refuse. */
  readonly build: (bound: Bound<D>, place: Place) => Replacement | readonly Replacement[] | Refusal
}

/** A rule with its pattern made, the types of its variables forgotten. */
export interface Rule {
  readonly name: string
  readonly variables: readonly Variable[]
  /** Each a list of root terms; tried in order. */
  readonly alternatives: readonly (readonly Term[])[]
  readonly since: number
  readonly before: number
  readonly check: (bound: Bindings, place: Place) => true | Refusal
  readonly build: (bound: Bindings, place: Place) => readonly Replacement[] | Refusal
}

/** Values by variable name. */
export type Bindings = Readonly<Record<string, Value | undefined | readonly Value[]>>

/**
 * Declares a rule. `variables` are bound by name, so a misspelt one does not compile; a variable used twice must be the
 * same value; `.as(variable)` binds the output of an inner call. Throws `rule` when the pattern cannot be used.
 * @example rule('double-relu', ['x'], { match: ({ x }) => op.Relu(op.Relu(x)), build: ({ x }) => op.Relu(x) })
 */
/* @__NO_SIDE_EFFECTS__ */
export function rule<const D extends readonly Declaration[]>(
  name: string,
  variables: D,
  definition: RuleDefinition<D>,
): Rule {
  const declared = variables.map(declare)
  const leaves = declared.map((each): [string, Variable | readonly [Variable]] => [
    each.name,
    each.kind === 'rest' ? [each] : each,
  ])
  const pattern = definition.match(complete<Leaves<D>>(Object.fromEntries(leaves), declared, name))
  const alternatives = alternativesOf(pattern, name)
  for (const roots of alternatives) checkPattern(name, roots, declared)
  return {
    name,
    variables: declared,
    alternatives,
    since: definition.since ?? 0,
    before: definition.before ?? Infinity,
    check: (bound, place) => definition.check?.(complete<Bound<D>>(bound, declared, name), place) ?? true,
    build: (bound, place) => {
      const built = definition.build(complete<Bound<D>>(bound, declared, name), place)
      return isList(built) || 'refused' in built ? built : [built]
    },
  }
}

/** One line: `bias-gelu: Gelu(Add(x, bias))`. */
export function printRule({ name, alternatives }: Rule): string {
  return `${name}: ${alternatives.map(roots => roots.map(printTerm).join('; ')).join(' | ')}`
}

function declare(text: Declaration): Variable {
  if (text.startsWith('...')) return new Variable(text.slice(3), 'rest')
  return text.endsWith('?') ? new Variable(text.slice(0, -1), 'optional') : new Variable(text)
}

/** The record as the type that its declaration promises, after checking that every variable is there. */
function complete<T>(record: object, declared: readonly Variable[], name: string): T {
  if (hasAll<T>(record, declared)) return record
  throw ruleError(name, 'a variable is missing', 'declare every variable that the pattern uses')
}

function hasAll<T>(record: object, declared: readonly Variable[]): record is T & object {
  return declared.every(each => each.name in record)
}

function alternativesOf(
  pattern: Term | Choice | readonly Term[],
  name: string,
): readonly (readonly Term[])[] {
  if (pattern instanceof Term) return [[pattern]]
  if (!(pattern instanceof Choice)) return [pattern]
  return pattern.terms.map(term => {
    if (term instanceof Term) return [term]
    throw ruleError(
      name,
      'an alternative of the whole pattern is not a call',
      'start every alternative with an operator',
    )
  })
}

function checkPattern(name: string, roots: readonly Term[], declared: readonly Variable[]): void {
  if (roots.length === 0)
    throw ruleError(name, 'the pattern is empty', 'return at least one term from `match`')
  const bound = new Set(roots.flatMap(root => [...alwaysBound(root, name)]))
  const missing = declared.find(each => each.kind === 'one' && !bound.has(each.name))
  if (!missing) return
  throw ruleError(
    name,
    `${missing.name} is not bound by ${roots.map(printTerm).join('; ')}`,
    `use it in every alternative of the pattern, or declare it as '${missing.name}?'`,
  )
}

/** Names that every match of a term binds. */
function alwaysBound(term: In, rule: string): ReadonlySet<string> {
  if (term instanceof Variable) return new Set([term.name])
  if (term instanceof Constant) return term.of instanceof Variable ? new Set([term.of.name]) : new Set()
  if (term instanceof Choice) {
    const [first = new Set<string>(), ...others] = term.terms.map(each => alwaysBound(each, rule))
    return new Set([...first].filter(each => others.every(other => other.has(each))))
  }
  if (!(term instanceof Term)) return new Set()
  const names = new Set(term.call.inputs.flatMap(input => [...alwaysBound(input, rule)]))
  if (typeof term.label === 'string') {
    throw ruleError(
      rule,
      `the pattern names a node '${term.label}'`,
      'declare a variable and write `.as(variable)`',
    )
  }
  if (term.label) names.add(term.label.name)
  return names
}

function isList<T>(value: T | readonly T[] | Refusal): value is readonly T[] {
  return Array.isArray(value)
}

function ruleError(rule: string, got: string, fix: string): DamsonError {
  return new DamsonError('rule', `Rule ${rule}: ${got}; ${fix}.`, { details: { rule } })
}
