// What a denoiser computes anew at every step though neither the latents nor the time are in it: keys and values of the text,
// tables of positions, embeddings of sizes. Sizes that are read off the latents count as constant too, so whoever keeps the
// values makes them anew when sizes change.
import { downstream, type Body, type Node } from '@damson/graph'
import type { DenoiserInputs } from './denoiser-inputs.ts'
import { dependents } from './dependence.ts'
import { exclusiveRegion } from './exclusive-region.ts'
import { fixedValues, isProduct } from './products.ts'

export interface StepConstant {
  readonly nodes: readonly Node[]
  /** Their values that others read, in order: what has to be kept from step to step. */
  readonly values: readonly string[]
}

/** The step-constant part of a body; nothing where no product is in it, since gating less than that costs more than it saves. */
export function stepConstant(body: Body, inputs: DenoiserInputs): StepConstant {
  const still = stillNodes(body, inputs)
  const given = dependents(body, inputs.constant)
  const sources = [...still].filter(node => node.outputs.some(name => given.has(name)))
  if (!sources.some(isProduct)) return { nodes: [], values: [] }
  // Arithmetic on their sizes comes along: else a key would be kept beside its transpose for its sizes alone.
  const sized = sizesOf(body, sources).filter(node => still.has(node))
  const ends = leaving(body, new Set([...sources, ...sized]))
  const whole = closed(body, new Set(exclusiveRegion(body, ends).filter(node => still.has(node))))
  const region = withoutTails(body, whole)
  return { nodes: body.nodes.filter(node => region.has(node)), values: leaving(body, region) }
}

/** Nodes that some input of the graph reaches, but no number of the latents or the time. */
function stillNodes(body: Body, { sample, timestep }: DenoiserInputs): ReadonlySet<Node> {
  const changing = dependents(body, timestep === undefined ? [sample] : [sample, timestep])
  const isFixed = fixedValues(body)
  return new Set(
    body.nodes.filter(node => outputsOf(node).every(name => !changing.has(name) && !isFixed(name))),
  )
}

/** What is computed from the sizes of nodes, as far as it is sizes itself: no tensor is filled with them. */
function sizesOf(body: Body, sources: readonly Node[]): readonly Node[] {
  const read = body.nodes.filter(node => node.op === 'Shape' || node.op === 'Size')
  const own = new Set(sources.flatMap(outputsOf))
  const sizes = read.filter(node => own.has(node.inputs[0] ?? ''))
  const filled = body.nodes.filter(node => fills.has(node.op))
  const behind = new Set([...filled, ...downstream(body, filled.flatMap(outputsOf))])
  return [...sizes, ...downstream(body, sizes.flatMap(outputsOf))].filter(node => !behind.has(node))
}

const fills = new Set(['ConstantOfShape', 'Expand', 'Range'])

/** Without the nodes that need a node outside which needs the region: sizes of what changes, say. */
function closed(body: Body, region: ReadonlySet<Node>): ReadonlySet<Node> {
  const outside = downstream(body, [...region].flatMap(outputsOf)).filter(node => !region.has(node))
  const behind = new Set(downstream(body, outside.flatMap(outputsOf)))
  return new Set([...region].filter(node => !behind.has(node)))
}

/**
 * Without what is made of a kept value by no product: a norm of the text is not worth a value of its own beside the text, and
 * the way from the one to the other stays in sight for who looks for residual streams.
 */
function withoutTails(body: Body, region: ReadonlySet<Node>): ReadonlySet<Node> {
  const kept = new Set(leaving(body, region))
  const tails = new Set([...region].filter(node => !isProduct(node)))
  const isTail = (node: Node): boolean => {
    const within = node.inputs.flatMap(name => ({ name, maker: body.producer(name) })).filter(({ maker }) => maker && region.has(maker)) // prettier-ignore
    const isFed =
      within.length > 0 && within.every(({ name, maker }) => kept.has(name) || (maker && tails.has(maker)))
    return isFed && outputsOf(node).every(name => body.users(name).every(({ node: user }) => !region.has(user) || tails.has(user))) // prettier-ignore
  }
  for (let before = -1; before !== tails.size;) {
    before = tails.size
    for (const node of tails) if (!isTail(node)) tails.delete(node)
  }
  return new Set([...region].filter(node => !tails.has(node)))
}

/** The values of nodes that others read, in order. */
function leaving(body: Body, region: ReadonlySet<Node>): readonly string[] {
  return body.nodes
    .filter(node => region.has(node))
    .flatMap(outputsOf)
    .filter(name => body.isOutput(name) || body.users(name).some(({ node }) => !region.has(node)))
}

function outputsOf({ outputs }: Node): readonly string[] {
  return outputs.filter(name => name !== '')
}
