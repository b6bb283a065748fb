// Gates around what residual branches compute, attention or feed-forward. Where a branch ends in a modulation gate, g·f(x)
// with a g that does not depend on the latents (it does on the time), f(x) is what is kept and g stays that of the step.
import type { Graph, Node } from '@damson/graph'
import type { Branch } from '../structure/chains.ts'
import type { DenoiserInputs } from '../structure/denoiser-inputs.ts'
import { dependents } from '../structure/dependence.ts'
import { exclusiveRegion } from '../structure/exclusive-region.ts'
import { isProduct } from '../structure/products.ts'
import { stacks } from '../structure/stacks.ts'
import type { WantedGate } from './gate-region.ts'

/** What a branch is: attention that reads the latents, attention that reads other things alone, or feed-forward. */
type BranchKind = 'self' | 'cross' | 'mlp'

/** The name of the gate of a kind of branches. */
export type GateNames = Readonly<Partial<Record<BranchKind, string>>>

/** One gate for each branch of the kinds that have a name; branches that share an attention share the gate. */
export function branchGates(
  graph: Graph,
  { sample }: DenoiserInputs,
  names: GateNames,
): readonly WantedGate[] {
  const samples = dependents(graph, [sample])
  const branches = stacks(graph, sample)
    .flat()
    .flatMap(chain => chain.branches)
  return together(branches).flatMap((group): readonly WantedGate[] => {
    const name = names[kindOf(group, samples)]
    if (name === undefined) return []
    const cuts = group.map(branch => ({ value: beforeGate(graph, branch, samples) }))
    const region = exclusiveRegion(graph, cuts.map(({ value }) => value)) // prettier-ignore
    return region.some(isProduct) ? [{ name, cuts }] : []
  })
}

/** Branches by the attention that they have in common: picture and text of joint attention are one. */
function together(branches: readonly Branch[]): readonly (readonly Branch[])[] {
  const groups: Branch[][] = []
  for (const branch of branches) {
    const own = new Set(branch.attentions.map(({ node }) => node))
    const group = groups.find(known =>
      known.some(other => other.attentions.some(({ node }) => own.has(node))),
    )
    if (group) group.push(branch)
    else groups.push([branch])
  }
  return groups
}

function kindOf(group: readonly Branch[], samples: ReadonlySet<string>): BranchKind {
  const attentions = group.flatMap(branch => branch.attentions)
  if (attentions.length === 0) return 'mlp'
  return attentions.some(({ keys }) => samples.has(keys)) ? 'self' : 'cross'
}

/** f(x) of g·f(x), or the delta itself. */
function beforeGate(graph: Graph, { delta }: Branch, samples: ReadonlySet<string>): string {
  const node: Node | undefined = graph.producer(delta)
  if (node?.op !== 'Mul') return delta
  const moving = node.inputs.filter(name => samples.has(name))
  return moving.length === 1 ? (moving[0] ?? delta) : delta
}
