// Why a rule did not fire: the nodes where most of its pattern matched, and what stood in the way there.
import type { Graph, Node } from '../ir.ts'
import { nodeIdentity, walk } from '../scope.ts'
import { attempt } from './attempt.ts'
import { graphOfFunction } from './function-graph.ts'
import type { Ground } from './match.ts'
import type { RewriteOptions } from './rewrite.ts'
import { printRule, type Rule } from './rule.ts'

/** A node at which a pattern begins but does not match. */
export interface NearMiss {
  readonly rule: string
  /** Identity of the node, behind the path of its body. */
  readonly node: string
  readonly reason: string
  /** Name of the node or value that is the reason; `''` when it is the node itself. */
  readonly at: string
  /** How much of the pattern had matched: two for a node, one for a variable. */
  readonly progress: number
}

/** The near-misses of a rule in all bodies and functions, best first; nodes where it matches are not among them. */
export function nearMisses(
  graph: Graph,
  rule: Rule,
  { mayReplace }: Pick<RewriteOptions, 'mayReplace'> = {},
): readonly NearMiss[] {
  return trials(graph, rule, mayReplace)
    .flatMap(({ miss }) => miss ?? [])
    .sort((a, b) => b.progress - a.progress)
}

/** One line on a rule in a graph: where it matches, or its best near-miss with reason and place. */
export function explain(graph: Graph, rule: Rule): string {
  const all = trials(graph, rule)
  const matches = all.filter(trial => trial.miss === undefined)
  const first = matches[0]
  if (first)
    return `${printRule(rule)}\n  matches at ${first.node}${matches.length > 1 ? ` and ${matches.length - 1} more` : ''}`
  const [best] = nearMisses(graph, rule)
  if (!best) return `${printRule(rule)}\n  no node begins it`
  return `${printRule(rule)}\n  nearest at ${best.node}: ${best.reason}${best.at === '' || best.at === best.node ? '' : ` (${best.at})`}`
}

interface Trial {
  readonly node: string
  readonly miss?: NearMiss
}

function trials(graph: Graph, rule: Rule, mayReplace?: RewriteOptions['mayReplace']): readonly Trial[] {
  const functions = graph.header.functions.map(each => graphOfFunction(each, graph.header))
  const tops = [
    { top: graph, kind: 'graph' } as const,
    ...functions.map(top => ({ top, kind: 'function' }) as const),
  ]
  return tops.flatMap(({ top, kind }) =>
    [...walk(top)].flatMap(({ scope, node }) => {
      const begins = rule.alternatives.some(
        ([root]) => root?.call.op === node.op && root.call.domain === node.domain,
      )
      const opset = (domain?: string): number => top.opset(domain)
      return begins ? [trial({ scope, kind, opset, ...(mayReplace ? { mayReplace } : {}) }, node, rule)] : []
    }),
  )
}

function trial(ground: Ground, node: Node, rule: Rule): Trial {
  const { scope } = ground
  const place = `${scope.path === '' ? '' : `${scope.path}/`}${nodeIdentity(node)}`
  let best: NearMiss = { rule: rule.name, node: place, reason: 'does not match', at: '', progress: -1 }
  const note = (progress: number, reason: string, at: string): void => {
    if (progress > best.progress) best = { rule: rule.name, node: place, reason, at, progress }
  }
  const found = attempt({ ...ground, note }, rule, node)
  return found ? { node: place } : { node: place, miss: best }
}
