// Matching a pattern at a node, with backtracking over commutative inputs, alternatives and multi-output roots: each step
// takes what is bound so far and a continuation, so the caller's check takes part in the choice. Nothing is edited here.
import type { Node } from '../ir.ts'
import { isCommutative } from '../ops/algebra.ts'
import { attributeMatches } from '../ops/attributes.ts'
import { schemaOf } from '../ops/schema.ts'
import { Choice, Constant, Term, Variable, type AttributeGiven, type Call, type In } from '../ops/term.ts'
import { nodeIdentity, Value, type Scope } from '../scope.ts'
import { literalMismatch } from './literal.ts'
import type { Place } from './rule.ts'

/** Where a pattern is tried: a body with the scopes around it. */
export interface Ground extends Place {
  readonly scope: Scope
  /** Hears of every failure with how much had matched before it, for `explain`. */
  readonly note?: (progress: number, reason: string, at: string) => void
  /** Matches with a node for which this is false do not count. */
  readonly mayReplace?: (node: Node) => boolean
}

/** What a variable is bound to: the name of a value, none for an absent optional input, several for a rest. */
type Binding = string | undefined | readonly string[]

/** What has been matched so far. Extended by copying. */
export interface Match {
  readonly values: ReadonlyMap<string, Binding>
  readonly nodes: ReadonlyMap<Call, Node>
}

type Next<T> = (match: Match) => T | undefined

/**
 * Matches root terms, the first at the node, the others at nodes that share a bound value with it. `accept` gets every
 * complete match until it returns something; that is the result.
 */
export function matchAt<T>(
  ground: Ground,
  roots: readonly Term[],
  node: Node,
  accept: Next<T>,
): T | undefined {
  const [first, ...others] = roots
  if (!first) return undefined
  const start: Match = { values: new Map(), nodes: new Map() }
  return matchNode(ground, first, node, start, match => matchOthers(ground, others, match, accept))
}

function matchOthers<T>(ground: Ground, roots: readonly Term[], match: Match, next: Next<T>): T | undefined {
  const [root, ...others] = roots
  if (!root) return next(match)
  const known = match.nodes.get(root.call)
  for (const node of known ? [known] : candidates(ground, root, match)) {
    const found = matchNode(ground, root, node, match, each => matchOthers(ground, others, each, next))
    if (found !== undefined) return found
  }
  if (!known) fail(ground, match, `no ${root.call.op} next to it`, '')
  return undefined
}

/** Unmatched nodes of the root's operator that use a bound value. */
function candidates(ground: Ground, { call }: Term, match: Match): readonly Node[] {
  const names = new Set([...match.values.values()].flat().filter(name => name !== undefined))
  for (const node of match.nodes.values()) for (const output of node.outputs) names.add(output)
  const matched = new Set(match.nodes.values())
  const users = [...names].flatMap(name => ground.scope.body.users(name).map(use => use.node))
  return [...new Set(users)].filter(
    node => node.op === call.op && node.domain === call.domain && !matched.has(node),
  )
}

function matchNode<T>(ground: Ground, term: Term, node: Node, match: Match, next: Next<T>): T | undefined {
  const { call, output, label } = term
  const at = nodeIdentity(node)
  if (node.op !== call.op || node.domain !== call.domain) {
    return fail(ground, match, `expected ${call.op}, got ${node.op}`, at)
  }
  const name = node.outputs[output] ?? ''
  if (name === '') return fail(ground, match, `has no output ${output}`, at)
  const bound = label instanceof Variable ? bind(ground, label, name, match) : match
  if (!bound) return fail(ground, match, `${name} is not the same value as before`, at)
  const known = match.nodes.get(call)
  if (known) return known === node ? next(bound) : fail(ground, match, 'expected the same node', at)
  for (const [attribute, given] of call.attributes) {
    const reason = attributeMismatch(ground, node, attribute, given)
    if (reason !== undefined) return fail(ground, bound, reason, at)
  }
  const nodes = new Map(match.nodes).set(call, node)
  return matchInputs(ground, call, node, { ...bound, nodes }, next)
}

function attributeMismatch(
  ground: Ground,
  node: Node,
  name: string,
  given: AttributeGiven,
): string | undefined {
  const schema = schemaOf(node.domain, node.op, ground.opset(node.domain))
  const attribute = node.attributes.get(name) ?? schema?.attributes.get(name)?.default
  if (!attribute) return `attribute ${name} is not written`
  return attributeMatches(given, attribute) ? undefined : `attribute ${name} differs`
}

function matchInputs<T>(ground: Ground, call: Call, node: Node, match: Match, next: Next<T>): T | undefined {
  const used = node.inputs.findLastIndex(name => name !== '') + 1
  const names = node.inputs.slice(0, used)
  const rest = call.inputs.find(isRest)
  const patterns = call.inputs.filter(input => !isRest(input))
  if (names.length > patterns.length && rest === undefined) {
    return fail(ground, match, `expected ${patterns.length} inputs, got ${names.length}`, nodeIdentity(node))
  }
  if (isCommutative(call.domain, call.op)) {
    return matchUnordered(ground, patterns, rest, node, names, match, next)
  }
  const finish: Next<T> = each => matchRest(ground, rest, names.slice(patterns.length), each, next)
  return matchOrdered(ground, patterns, node, names, match, finish)
}

function isRest(input: In): input is Variable {
  return input instanceof Variable && input.kind === 'rest'
}

function matchOrdered<T>(
  ground: Ground,
  patterns: readonly In[],
  node: Node,
  names: readonly string[],
  match: Match,
  next: Next<T>,
): T | undefined {
  // prettier-ignore
  const [pattern, ...others] = patterns
  if (patterns.length === 0) return next(match)
  const [name = '', ...left] = names
  return matchInput(ground, pattern, name, node, match, each =>
    matchOrdered(ground, others, node, left, each, next),
  )
}

/** Every assignment of patterns to inputs, the written order first. */
function matchUnordered<T>(
  ground: Ground,
  patterns: readonly In[],
  rest: In,
  node: Node,
  names: readonly string[],
  match: Match,
  next: Next<T>,
): T | undefined {
  // prettier-ignore
  const [pattern, ...others] = patterns
  if (patterns.length === 0) return matchRest(ground, rest, names, match, next)
  if (patterns.length > names.length) {
    return fail(ground, match, `expected ${patterns.length - names.length} more inputs`, nodeIdentity(node))
  }
  for (const [at, name] of names.entries()) {
    const left = names.toSpliced(at, 1)
    const found = matchInput(ground, pattern, name, node, match, each =>
      matchUnordered(ground, others, rest, node, left, each, next),
    )
    if (found !== undefined) return found
  }
  return undefined
}

function matchRest<T>(
  ground: Ground,
  rest: In,
  names: readonly string[],
  match: Match,
  next: Next<T>,
): T | undefined {
  if (!(rest instanceof Variable)) return names.length === 0 ? next(match) : undefined
  const bound = bind(ground, rest, names, match)
  return bound ? next(bound) : fail(ground, match, `${rest.name} differs from before`, names[0] ?? '')
}

function matchInput<T>(
  ground: Ground,
  pattern: In,
  name: string,
  node: Node,
  match: Match,
  next: Next<T>,
): T | undefined {
  // prettier-ignore
  if (pattern instanceof Choice) {
    for (const term of pattern.terms) {
      const found = matchInput(ground, term, name, node, match, next)
      if (found !== undefined) return found
    }
    return undefined
  }
  const at = name === '' ? nodeIdentity(node) : name
  if (pattern instanceof Variable) {
    const bound =
      name === '' && pattern.kind === 'one' ? undefined : bind(ground, pattern, name || undefined, match)
    return bound ? next(bound) : fail(ground, match, `not the ${pattern.name} of before, or absent`, at)
  }
  if (pattern instanceof Term) {
    const producer = ground.scope.body.producer(name)
    if (!producer)
      return fail(ground, match, `expected ${pattern.call.op}, nothing in this body makes it`, at)
    if (producer.outputs[pattern.output] !== name)
      return fail(ground, match, `not output ${pattern.output}`, at)
    return matchNode(ground, pattern, producer, match, next)
  }
  const reason = leafMismatch(ground, pattern, name, node)
  if (reason !== undefined) return fail(ground, match, reason, at)
  if (!(pattern instanceof Constant) || !(pattern.of instanceof Variable)) return next(match)
  return matchInput(ground, pattern.of, name, node, match, next)
}

function leafMismatch(ground: Ground, pattern: In, name: string, node: Node): string | undefined {
  if (pattern === undefined) return name === '' ? undefined : 'expected no input here'
  if (name === '') return 'expected an input here'
  if (pattern instanceof Value) return pattern.name === name ? undefined : `expected ${pattern.name}`
  if (!(pattern instanceof Constant)) {
    return pattern instanceof Choice || pattern instanceof Term || pattern instanceof Variable
      ? undefined
      : literalMismatch(pattern, name, node, ground.scope)
  }
  const tensor = new Value(name, ground.scope).tensor
  if (!tensor) return 'expected a constant'
  if (pattern.of instanceof Variable) return undefined
  return pattern.of.key === tensor.key ? undefined : 'expected another constant'
}

/** The match with the variable bound; undefined when it is bound to something else already. */
function bind(ground: Ground, { name, kind }: Variable, binding: Binding, match: Match): Match | undefined {
  if (!match.values.has(name)) return { ...match, values: new Map(match.values).set(name, binding) }
  const known = match.values.get(name)
  if (kind !== 'rest') return same(ground, known, binding) ? match : undefined
  const [a, b] = [[known].flat(), [binding].flat()]
  return a.length === b.length && a.every((each, at) => same(ground, each, b[at])) ? match : undefined
}

/** The same value: the same name, or two names of equal constants. */
function same({ scope }: Ground, a: Binding, b: Binding): boolean {
  if (a === b) return true
  if (typeof a !== 'string' || typeof b !== 'string') return false
  const key = new Value(a, scope).tensor?.key
  return key !== undefined && key === new Value(b, scope).tensor?.key
}

function fail(ground: Ground, match: Match, reason: string, at: string): undefined {
  ground.note?.(2 * match.nodes.size + match.values.size, reason, at)
  return undefined
}
