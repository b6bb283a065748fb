// What a denoiser computes anew at every step though neither the latents nor the time are in it: keys and values of the text,
// tables of positions, embeddings of sizes. Sizes that are read off the latents count as constant too.
import type { Body, Node } from '@damson/graph'
import type { DenoiserInputs } from './denoiser-inputs.ts'
import { dependents } from './dependence.ts'
import { fixedValues, isProduct } from './products.ts'

export interface StepConstant {
  readonly nodes: readonly Node[]
  /** Their values that others read, in order: what has to be kept from step to step. */
  readonly values: readonly string[]
}

/** The step-constant part of a body; nothing where no product is in it, since gating less than that costs more than it saves. */
export function stepConstant(body: Body, inputs: DenoiserInputs): StepConstant {
  const changing = dependents(body, [
    inputs.sample,
    ...(inputs.timestep === undefined ? [] : [inputs.timestep]),
  ])
  const given = dependents(body, inputs.constant)
  const isFixed = fixedValues(body)
  const nodes = body.nodes.filter(node => node.outputs.every(output => output === '' || (!changing.has(output) && given.has(output) && !isFixed(output)))) // prettier-ignore
  const inside = new Set(nodes)
  const values = nodes
    .flatMap(node => node.outputs)
    .filter(name => name !== '' && (body.isOutput(name) || body.users(name).some(({ node }) => !inside.has(node)))) // prettier-ignore
  return nodes.some(isProduct) ? { nodes, values } : { nodes: [], values: [] }
}
