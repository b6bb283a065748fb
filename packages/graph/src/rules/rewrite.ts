// Applies rules until none matches any more. A worklist of values keeps it near linear: after a replacement only what
// stands around it is looked at again. A last round over everything proves the fixpoint.
import { Draft } from '../draft.ts'
import { DamsonError } from '../error.ts'
import type { Body, FunctionDefinition, Graph, Node } from '../ir.ts'
import { Choice, Term, type In } from '../ops/term.ts'
import { mapBodies, type Scope } from '../scope.ts'
import { applyEdit } from './apply.ts'
import { attempt } from './attempt.ts'
import { graphOfFunction, functionOfGraph } from './function-graph.ts'
import { LiveBody } from './live-body.ts'
import type { Ground } from './match.ts'
import type { Place, Rule } from './rule.ts'

export interface RewriteOptions {
  /** Replacements after which rules that do not come to an end are an error; default 10 a node, and 1,000 more. */
  readonly bound?: number
  /** Matches with a node for which this is false are left alone. Default: all may go. */
  readonly mayReplace?: (node: Node) => boolean
}

export interface Rewritten {
  readonly graph: Graph
  /** Replacements by rule, zeros included. */
  readonly counts: Readonly<Record<string, number>>
}

/**
 * Applies rules to a graph, its nested bodies and its functions, to a fixpoint. Where several rules match a node the
 * first of the list wins. Output names and types carry over, graph inputs and outputs stay; a graph that no rule
 * matches is returned as it is. Throws `not-converging`, naming the rules, when the bound is reached.
 */
export function rewrite(graph: Graph, rules: readonly Rule[], options: RewriteOptions = {}): Rewritten {
  const bound = options.bound ?? 10 * nodeCount(graph) + 1000
  const session = new Session(rules, bound, options.mayReplace)
  let current = graph
  for (let before = -1; before !== session.steps;) {
    before = session.steps
    current = rewriteFunctions(rewriteGraph(current, session, 'graph'), session)
  }
  const counts = rules.map(({ name }): [string, number] => [name, session.counts.get(name) ?? 0])
  return { graph: current, counts: Object.fromEntries(counts) }
}

/** What one call of `rewrite` keeps: its rules by root operator, its budget, its counts. */
class Session {
  readonly counts = new Map<string, number>()
  /** Outputs of the pattern's inner nodes reach this many nodes downstream. */
  readonly depth: number
  readonly #byRoot = new Map<string, Set<Rule>>()
  readonly #recent: string[] = []
  readonly #bound: number
  readonly mayReplace: ((node: Node) => boolean) | undefined
  steps = 0

  constructor(rules: readonly Rule[], bound: number, mayReplace?: (node: Node) => boolean) {
    this.#bound = bound
    this.mayReplace = mayReplace
    const roots = rules.flatMap(rule => rule.alternatives.map(([root]) => ({ rule, root })))
    this.depth = Math.max(0, ...roots.map(({ root }) => depthOf(root)))
    for (const { rule, root } of roots) {
      if (!root) continue
      const key = `${root.call.domain}:${root.call.op}`
      const known = this.#byRoot.get(key)
      if (known) known.add(rule)
      else this.#byRoot.set(key, new Set([rule]))
    }
  }

  rulesFor(node: Node): Iterable<Rule> {
    return this.#byRoot.get(`${node.domain}:${node.op}`) ?? []
  }

  count(rule: Rule): void {
    this.counts.set(rule.name, (this.counts.get(rule.name) ?? 0) + 1)
    this.#recent.push(rule.name)
    if (this.#recent.length > 50) this.#recent.shift()
    if (++this.steps <= this.#bound) return
    const names = [...new Set(this.#recent)]
    throw new DamsonError(
      'not-converging',
      `Expected the rules to come to an end within ${this.#bound} replacements, but ${names.join(', ')} still match. Take one of them out, or give it a check that fails on what another builds.`,
      { details: { rules: names } },
    )
  }
}

function rewriteGraph(graph: Graph, session: Session, kind: Place['kind']): Graph {
  const domains = new Set<string>()
  const opset = (domain = ''): number => graph.opset(domain)
  const next = mapBodies(graph, (body, scope) => {
    return rewriteBody({ ...scope, body }, session, { opset, kind, domains })
  })
  return withImports(next, domains)
}

function rewriteFunctions(graph: Graph, session: Session): Graph {
  let changed = false
  const functions = graph.header.functions.map((each): FunctionDefinition => {
    const before = graphOfFunction(each, graph.header)
    const after = rewriteGraph(before, session, 'function')
    changed ||= after !== before
    return after === before ? each : functionOfGraph(each, after)
  })
  return changed ? graph.with({ header: { ...graph.header, functions } }) : graph
}

interface Setting extends Place {
  /** Collects the domains of built nodes. */
  readonly domains: Set<string>
}

function rewriteBody(scope: Scope, session: Session, { opset, kind, domains }: Setting): Body {
  const { mayReplace } = session
  const setting = { opset, kind, ...(mayReplace ? { mayReplace } : {}) }
  let ground: Ground = { scope, ...setting }
  let draft: Draft | undefined
  const queue = new Set(scope.body.nodes.map(keyOf))
  for (const name of queue) {
    queue.delete(name)
    const node = ground.scope.body.producer(name)
    if (!node) continue
    for (const rule of session.rulesFor(node)) {
      const found = attempt(ground, rule, node)
      if (!found) continue
      if (!draft) {
        draft = new Draft(scope.body, scope)
        ground = { scope: { ...scope, body: new LiveBody(scope.body, draft) }, ...setting }
      }
      session.count(rule)
      for (const each of found.plan.nodes) domains.add(each.domain)
      const touched = applyEdit({ ...found, draft, kind })
      for (const near of downstream(draft, touched, session.depth)) queue.add(near)
      break
    }
  }
  return draft ? draft.finish() : scope.body
}

/** Keys of the nodes that make the values, and of the nodes up to `depth` below them. */
function downstream(draft: Draft, values: ReadonlySet<string>, depth: number): ReadonlySet<string> {
  const keys = new Set<string>()
  let level = [...values].flatMap(name => draft.producer(name) ?? [])
  for (let at = 0; at <= depth && level.length > 0; at++) {
    const fresh = level.filter(node => !keys.has(keyOf(node)))
    for (const node of fresh) keys.add(keyOf(node))
    level = fresh.flatMap(node => node.outputs.flatMap(name => draft.users(name).map(use => use.node)))
  }
  return keys
}

/** Nodes change under edits, the names of their outputs do not. */
function keyOf(node: Node): string {
  return node.outputs.find(name => name !== '') ?? ''
}

function withImports(graph: Graph, domains: ReadonlySet<string>): Graph {
  const missing = [...domains].filter(domain => !graph.header.opsets.has(domain))
  if (missing.length === 0) return graph
  const opsets = new Map([...graph.header.opsets, ...missing.map((domain): [string, number] => [domain, 1])])
  return graph.with({ header: { ...graph.header, opsets } })
}

function depthOf(term: In): number {
  if (term instanceof Choice) return Math.max(0, ...term.terms.map(depthOf))
  return term instanceof Term ? 1 + Math.max(0, ...term.call.inputs.map(depthOf)) : 0
}

function nodeCount(graph: Graph): number {
  let count = 0
  for (const body of [graph, ...graph.header.functions]) count += body.nodes.length
  return count
}
