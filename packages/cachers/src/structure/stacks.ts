// Stacks of transformer blocks as cachers see them: streams that run side by side (picture and text of joint attention) belong
// together, since each reads the other in every block; what follows them is a stack of its own.
import type { Body } from '@damson/graph'
import { dependsOn, ordered, type Ordered } from './between.ts'
import { transformerChains, type Branch, type Chain } from './chains.ts'
import { dependents } from './dependence.ts'

/** Streams side by side. Cutting all ends at once leaves everything between starts and ends without use. */
export type Stack = readonly Chain[]

/** The stacks of a denoiser in order. `sample`: the input that holds the latents. */
export function stacks(body: Body, sample: string): readonly Stack[] {
  const graph = ordered(body)
  const groups: Chain[][] = []
  for (const chain of transformerChains(graph, dependents(body, [sample]))) {
    const beside = groups.find(group => group.some(other => besides(graph, other, chain)))
    if (beside) beside.push(chain)
    else groups.push([chain])
  }
  return groups
}

/** Two streams run side by side when neither starts behind the other, yet one reads the other. */
function besides(graph: Ordered, a: Chain, b: Chain): boolean {
  if (dependsOn(graph, a.start, b.start) || dependsOn(graph, b.start, a.start)) return false
  return dependsOn(graph, a.end, b.start) || dependsOn(graph, b.end, a.start)
}

/**
 * A chain's branches by block. A block begins with attention; where every branch has attention (attention and feed-forward
 * side by side in one branch), each is a block.
 */
export function blocks({ branches }: Chain): readonly (readonly Branch[])[] {
  const isWhole = branches.every(branch => branch.attentions.length > 0)
  const found: Branch[][] = []
  for (const [at, branch] of branches.entries()) {
    const before = branches[at - 1]
    const begins = branch.attentions.length > 0 && (isWhole || before?.attentions.length === 0)
    const last = found.at(-1)
    if (last && !begins) last.push(branch)
    else found.push([branch])
  }
  return found
}
