// Residual additions one behind the other: the stream x₀ → x₁ → … → xₙ of a stack of blocks. Between two of them nothing
// happens but movement (text and picture tokens put together and taken apart, a cast, a transpose).
import type { Node } from '@damson/graph'
import { attentions, type Attention } from './attentions.ts'
import type { Ordered } from './between.ts'
import { fixedValues } from './products.ts'
import { residuals, type Residual } from './residuals.ts'

/** One residual branch of a stack. */
export interface Branch extends Residual {
  /** The attentions that are in it and in no smaller branch. None: a feed-forward branch. */
  readonly attentions: readonly Attention[]
}

/** A stream with its branches; `start` is x₀, the last branch's `sum` is xₙ. */
export interface Chain {
  readonly start: string
  readonly end: string
  readonly branches: readonly Branch[]
}

const movements = new Set([
  'Concat', 'Slice', 'Split', 'Reshape', 'Transpose', 'Identity', 'Cast', 'Squeeze', 'Unsqueeze', 'Gather', 'Flatten',
]) // prettier-ignore

/** The streams that hold attention, in order. `samples`: the values that depend on the latents. */
export function transformerChains(graph: Ordered, samples: ReadonlySet<string>): readonly Chain[] {
  const found = residuals(graph, samples)
  const inner = innermost(found, attentions(graph.body, fixedValues(graph.body)))
  const chains: Branch[][] = []
  for (const each of found) {
    const branch = { ...each, attentions: inner.get(each) ?? [] }
    const chain = chains.find(known => follows(graph, known, each.stream))
    if (chain) chain.push(branch)
    else chains.push([branch])
  }
  return chains
    .filter(branches => branches.some(branch => branch.attentions.length > 0))
    .map(branches => ({
      start: branches[0]?.stream ?? '',
      end: branches.at(-1)?.sum ?? '',
      branches,
    }))
}

/** Each attention belongs to the smallest branch around it. */
function innermost(
  found: readonly Residual[],
  known: readonly Attention[],
): ReadonlyMap<Residual, readonly Attention[]> {
  const byBranch = new Map<Residual, Attention[]>()
  const sets = found.map(each => ({ each, nodes: new Set<Node>(each.between) }))
  sets.sort((a, b) => a.nodes.size - b.nodes.size)
  for (const attention of known) {
    const home = joint(sets, attention)
    for (const { each } of home) byBranch.set(each, [...(byBranch.get(each) ?? []), attention])
  }
  return byBranch
}

/** Of joint attention two branches are home, that of the picture and that of the text: neither is inside the other. */
function joint<S extends { readonly each: Residual; readonly nodes: ReadonlySet<Node> }>(
  sets: readonly S[],
  { node }: Attention,
): readonly S[] {
  const around = sets.filter(({ nodes }) => nodes.has(node))
  return around.filter(outer => !around.some(inside => inside !== outer && outer.nodes.has(inside.each.node)))
}

/** True when a value is the end of a chain, by movement alone. */
function follows(graph: Ordered, chain: readonly Branch[], stream: string): boolean {
  const end = chain.at(-1)?.sum
  if (end === stream) return true
  const open = [stream]
  const seen = new Set<string>()
  let reached = false
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === end) reached = true
    if (name === end || seen.has(name)) continue
    seen.add(name)
    const node = graph.body.producer(name)
    if (!node || !movements.has(node.op)) return false
    open.push(...(node.op === 'Concat' ? node.inputs : node.inputs.slice(0, 1)))
  }
  return reached
}
