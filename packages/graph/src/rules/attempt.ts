// One rule tried at one node: match, then check, then build and plan; nothing is edited. What stands in the way is told
// to the ground's `note`, which makes the near-misses of `explain`.
import { DamsonError, isRefusal, refuse, type Refusal } from '../error.ts'
import type { Node } from '../ir.ts'
import type { Term } from '../ops/term.ts'
import { nodeIdentity, Value } from '../scope.ts'
import { matchAt, type Ground, type Match } from './match.ts'
import { planReplacement, type Plan } from './replacement.ts'
import type { Bindings, Rule } from './rule.ts'

/** A replacement that may be done. */
export interface Attempt {
  readonly plan: Plan
  readonly roots: readonly { readonly node: Node; readonly output: string }[]
  readonly matched: readonly Node[]
}

/** Tries the alternatives of a rule that start at this node. */
export function attempt(ground: Ground, rule: Rule, node: Node): Attempt | undefined {
  const opset = ground.opset('')
  if (opset < rule.since || opset >= rule.before) {
    return reject(
      ground,
      0,
      `needs opset ${opset < rule.since ? `${rule.since} or newer` : `${rule.before - 1} or older`}, the model has opset ${opset}`,
      nodeIdentity(node),
    )
  }
  for (const roots of rule.alternatives) {
    const found = matchAt(ground, roots, node, match => accept(ground, rule, roots, match))
    if (found) return found
  }
  return undefined
}

function accept(ground: Ground, rule: Rule, roots: readonly Term[], match: Match): Attempt | undefined {
  const replaced = rootsOf(roots, match)
  const progress = 2 * match.nodes.size + match.values.size
  const blocked =
    outsideUse(ground, roots, match) ?? attributeFromCaller(match) ?? outsidePlace(ground, roots, match)
  if (blocked) return reject(ground, progress, blocked.refused, blocked.at ?? '')
  const plan = planned(ground, rule, replaced, bindings(ground, rule, match))
  if (isRefusal(plan)) return reject(ground, progress + 1, plan.refused, plan.at ?? '')
  return { plan, roots: replaced, matched: [...match.nodes.values()] }
}

/** What the rule says to a match: the replacement, or why not. */
function planned(ground: Ground, rule: Rule, replaced: Attempt['roots'], bound: Bindings): Plan | Refusal {
  const checked = rule.check(bound, ground)
  if (checked !== true) return checked
  const built = rule.build(bound, ground)
  if (isRefusal(built)) return built
  if (built.length !== replaced.length) {
    throw ruleError(
      rule,
      `to build ${replaced.length} outputs, as many as its pattern has, got ${built.length}`,
    )
  }
  const outputs = replaced.map(({ output }) => output)
  const plan = planReplacement(built, outputs.map(output => new Value(output, ground.scope)), ground) // prettier-ignore
  if (isRefusal(plan)) return plan
  const used = new Set([...plan.roots, ...plan.nodes.flatMap(node => node.inputs)])
  const own = outputs.find(output => used.has(output))
  if (own !== undefined) throw ruleError(rule, `to build without ${own}, which it replaces`)
  const fixed = plan.roots.flatMap((root, at) => fixedName(ground, root, outputs[at] ?? '') ?? [])[0]
  return fixed === undefined
    ? plan
    : refuse(`its result is a graph output, and ${fixed} cannot take over the name`, fixed)
}

function ruleError({ name }: Rule, expected: string): DamsonError {
  return new DamsonError('rule', `Expected rule ${name} ${expected}. Correct its \`build\`.`, {
    details: { rule: name },
  })
}

function rootsOf(roots: readonly Term[], match: Match): Attempt['roots'] {
  return roots.flatMap(root => {
    const node = match.nodes.get(root.call)
    return node ? [{ node, output: node.outputs[root.output] ?? '' }] : []
  })
}

/** In a function an attribute may be what the caller gives, so nothing is known of it here. */
function attributeFromCaller(match: Match): Refusal | undefined {
  const open = [...match.nodes.values()].find(node =>
    [...node.attributes.values()].some(attribute => attribute.type === 'reference'),
  )
  return open && refuse('an attribute is a parameter of the function', nodeIdentity(open))
}

/** A node that the caller of `rewrite` keeps; what only feeds the match and stays does not count. */
function outsidePlace({ mayReplace }: Ground, roots: readonly Term[], match: Match): Refusal | undefined {
  if (!mayReplace) return undefined
  const rootCalls = new Set(roots.map(root => root.call))
  for (const [call, node] of match.nodes) {
    if ((call.shared && !rootCalls.has(call)) || mayReplace(node)) continue
    return refuse('may not be replaced', nodeIdentity(node))
  }
  return undefined
}

/** A use of a matched node's output that the replacement would cut off. */
function outsideUse({ scope }: Ground, roots: readonly Term[], match: Match): Refusal | undefined {
  const matched = new Set(match.nodes.values())
  const replaced = new Set(rootsOf(roots, match).map(root => root.output))
  const rootCalls = new Set(roots.map(root => root.call))
  for (const [call, node] of match.nodes) {
    if (call.shared && !rootCalls.has(call)) continue
    for (const output of node.outputs) {
      if (output === '' || replaced.has(output)) continue
      if (scope.body.isOutput(output)) return refuse(`${output} is a graph output`, nodeIdentity(node))
      const user = scope.body.users(output).find(use => !matched.has(use.node))
      if (user) return refuse(`${output} is also used by ${nodeIdentity(user.node)}`, nodeIdentity(node))
    }
  }
  return roots.length > 1 && cycles(scope.body, match, replaced)
    ? refuse('one of the values depends on another output of the match', [...replaced].join(', '))
    : undefined
}

/** True when a bound value depends on a replaced output: nodes that serve both would need themselves. */
function cycles(body: Ground['scope']['body'], match: Match, replaced: ReadonlySet<string>): boolean {
  const bound = new Set(
    [...match.values.values()].flat().filter(name => name !== undefined && !replaced.has(name)),
  )
  const matched = new Set(match.nodes.values())
  const seen = new Set<string>()
  const open = [...replaced]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const { node } of body.users(name)) {
      // One root may feed another; what comes back from outside is a cycle.
      if (matched.has(node) && replaced.has(name)) continue
      if (matched.has(node)) return true
      for (const output of node.outputs) {
        if (bound.has(output)) return true
        if (!seen.has(output)) open.push(output)
        seen.add(output)
      }
    }
  }
  return false
}

function bindings({ scope }: Ground, rule: Rule, match: Match): Bindings {
  const value = (name: string): Value => new Value(name, scope)
  return Object.fromEntries(
    rule.variables.map(({ name }) => {
      const bound = match.values.get(name)
      if (bound === undefined) return [name, undefined]
      return [name, typeof bound === 'string' ? value(bound) : bound.map(value)]
    }),
  )
}

/** What would stand for a graph output but cannot have its name: a constant, an input, another output, a value from outside. */
function fixedName(
  { scope: { body } }: Ground,
  root: Plan['roots'][number],
  output: string,
): string | undefined {
  if (!body.isOutput(output) || (typeof root === 'object' && 'node' in root)) return undefined
  if (typeof root === 'object') return root.hint
  return body.producer(root) === undefined || body.isOutput(root) ? root : undefined
}

function reject(ground: Ground, progress: number, reason: string, at: string): undefined {
  ground.note?.(progress, reason, at)
  return undefined
}
