// What cachers share that reuse the whole output of a denoiser: which facts they end, and keeping outputs by branch and sizes.
// What is the same at every step they skip along, but do not ask for: so `textKv` may have it run once before.
import type { Branch, Call, Feeds, Group, Middleware, Outputs, Part } from '@damson/core'
import { isRefusal, nodeIdentity, walk, type Node, type Refusal } from '@damson/graph'
import { denoiserOf } from '../structure/denoiser-inputs.ts'
import { dependents } from '../structure/dependence.ts'
import { sameSizes, sizesByName } from './fed-values.ts'

export const wholeContract = { needs: ['loop:denoise', 'run:always'], takes: ['run:always'] } as const

/** Nodes that change from step to step ran always and no longer do; the others no longer do, whoever ended it before. */
export function wholeGroups(part: Part): readonly Group[] | Refusal {
  const inputs = denoiserOf(part)
  if (isRefusal(inputs)) return inputs
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

/** Outputs of an earlier step, and what was fed for them. */
interface KeptOutputs {
  readonly step: number
  readonly feeds: Feeds
  readonly outputs: Outputs
}

interface Reuse {
  readonly part: string
  /** Of how many steps the outputs are kept; 1 if not given. */
  readonly history?: number
  /** Asked at every call: outputs in place of a run, made of those that its branch kept, the last first; undefined runs. */
  make(feeds: Feeds, call: Call, kept: readonly KeptOutputs[]): Outputs | undefined
}

/** One generation. What is kept belongs to one branch of guidance and one set of sizes. */
export function reuseOutputs({ part, history = 1, make }: Reuse): ReturnType<Middleware> {
  const memory = new Map<Branch, readonly KeptOutputs[]>()
  return {
    part,
    around: next => async (feeds, call) => {
      const sizes = sizesByName(feeds)
      const all = memory.get(call.branch) ?? []
      const kept = all.filter(each => sameSizes(sizesByName(each.feeds), sizes))
      const made = make(feeds, call, kept)
      if (made) return made
      const outputs = await next(feeds, call)
      // Heun calls twice a step; of two results of one step the later one counts.
      const earlier = kept.filter(({ step }) => step !== call.step)
      memory.set(call.branch, [{ step: call.step, feeds, outputs }, ...earlier].slice(0, history))
      return outputs
    },
  }
}
