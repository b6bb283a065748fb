// What cachers share that reuse the whole output of a denoiser: which facts they end, and keeping outputs by branch and sizes.
// What is the same at every step they skip along, but do not ask for: so `textKv` may have it run once before.
import { refuse, type Branch, type Call, type Feeds, type Group, type Outputs, type Part, type Middleware } from '@damson/core' // prettier-ignore
import { nodeIdentity, walk, type Node, type Refusal } from '@damson/graph'
import { denoiserInputs } from '../structure/denoiser-inputs.ts'
import { dependents } from '../structure/dependence.ts'
import { sameSizes, sizesByName, type Sizes } from './fed-values.ts'

export const wholeContract = { needs: ['loop:denoise', 'run:always'], takes: ['run:always'] } as const

/** Nodes that change from step to step ran always and no longer do; the others no longer do, whoever ended it before. */
export function wholeGroups(part: Part): readonly Group[] | Refusal {
  if (part.role !== 'denoiser')
    return refuse(`has the role "${part.role}"; only a denoiser is run once a step`, part.name)
  const inputs = denoiserInputs(part.graph)
  if (!inputs) return refuse('has no input that could be the latents', part.name)
  const { sample, timestep } = inputs
  const moving = dependents(part.graph, timestep === undefined ? [sample] : [sample, timestep])
  const changes = (node: Node): boolean => node.outputs.some(name => moving.has(name))
  const changing = part.graph.nodes.filter(changes)
  // What an earlier gate holds no longer runs always, which shows at the nodes inside.
  const gates = changing.filter(node => node.op === 'If' && node.origins.length === 0).map(node => `${nodeIdentity(node)}/`) // prettier-ignore
  const held = [...walk(part.graph)].filter(({ scope }) => gates.some(gate => scope.path.startsWith(gate)))
  const sites = [...changing.map(node => ({ node })), ...held.map(({ node, scope }) => ({ node, path: scope.path }))] // prettier-ignore
  const constant = part.graph.nodes.filter(node => !changes(node)).map(node => ({ node }))
  const group: Group = { sites, needs: ['loop:denoise', 'run:always'], takes: ['run:always'] }
  return constant.length === 0 ? [group] : [group, { sites: constant, takes: ['run:always'] }]
}

interface Reuse {
  readonly part: string
  /** Asked at every call, in order: whether the last outputs may be handed on. */
  mayReuse(feeds: Feeds, call: Call): boolean
  /** Told whether they were. */
  after?(call: Call, reused: boolean): void
}

/** One generation: the first call of a branch or of other sizes always runs. */
export function reuseOutputs({ part, mayReuse, after }: Reuse): ReturnType<Middleware> {
  const kept = new Map<Branch, { readonly outputs: Outputs; readonly sizes: Sizes }>() // prettier-ignore
  return {
    part,
    around: next => async (feeds, call) => {
      const sizes = sizesByName(feeds)
      const last = kept.get(call.branch)
      const allowed = mayReuse(feeds, call)
      const reused = last !== undefined && allowed && sameSizes(last.sizes, sizes)
      const outputs = reused ? last.outputs : await next(feeds, call)
      if (!reused) kept.set(call.branch, { outputs, sizes })
      after?.(call, reused)
      return outputs
    },
  }
}
