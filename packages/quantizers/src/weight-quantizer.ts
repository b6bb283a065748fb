// What every quantizer of weights does, whatever its codes are: it claims the weights that it can code together with their
// consumers, says which ones it leaves alone and why, and puts coded tensors and other operators in their place. What is left
// for an algorithm to say: its params, which weights it codes and how (`find`), and what takes their place (`replace`).
import type { Algorithm, Context, Contract, Group, Model, Params, Part } from '@damson/core'
import {
  isRefusal,
  refuse,
  weights,
  type Graph,
  type Node,
  type Refusal,
  type Visit,
  type Weight,
} from '@damson/graph'
import { createCoder, type Coder } from './coder.ts'
import { claimedWeights, isCandidate, warnLeftAlone, type LeftAlone } from './left-alone.ts'
import { replaceWeights, type Replacement } from './replace-weights.ts'

/** What happens to each weight that a quantizer codes. */
export const weightContract = {
  needs: ['weight:float', 'weight:float32'],
  takes: ['weight:float', 'op:plain'],
  gives: ['weight:coded'],
} as const satisfies Contract

/** A weight that can be coded, and the nodes that are rewritten beside its consumers. */
export interface FoundWeight {
  readonly weight: Weight
  readonly readers?: readonly Visit[]
  /** Consumers that get an operator for codes; others stay as they are and read the decoded weight. Default: all. */
  readonly coded?: ReadonlyMap<Node, unknown>
}

/** What one quantizer of weights knows and others do not. `F`: a weight, and how it is to be coded. */
export interface WeightQuantizer<P extends Params, F extends FoundWeight> {
  /** The graph that is worked on, in another operator set say, or why there is none. Default: the graph as it is. */
  readonly prepare?: (graph: Graph, ctx: Context<P>) => Graph | Refusal
  /** How a weight is to be coded, or why it stays in floating point. */
  readonly find: (weight: Weight, graph: Graph, ctx: Context<P>) => F | Refusal
  /** The coded tensors of a weight, and the operators that read them. */
  readonly replace: (found: F, ctx: Context<P>, coder: Coder) => Replacement
}

/** The hooks of an algorithm that codes weights one by one. */
export function quantizesWeights<P extends Params, F extends FoundWeight>(
  quantizer: WeightQuantizer<P, F>,
): Pick<Algorithm<P, undefined>, 'groups'> & { readonly rewrite: (model: Model, ctx: Context<P>) => Model } {
  return {
    groups: (part, ctx) => weightGroups(part, ctx, quantizer),
    rewrite: (model, ctx) => {
      const coder = createCoder(reason => ctx.warn('no-wasm', reason))
      return ctx.parts.reduce((changed, name) => rewritePart(changed, name, ctx, quantizer, coder), model)
    },
  }
}

/** Every weight that can be coded, with its consumers; a refusal when there is none. */
export function weightGroups<P extends Params, F extends FoundWeight>(
  part: Part,
  ctx: Context<P>,
  { prepare, find }: Pick<WeightQuantizer<P, F>, 'prepare' | 'find'>,
): readonly Group[] | Refusal {
  const { graph } = part
  const prepared = prepare ? prepare(graph, ctx) : graph
  if (isRefusal(prepared)) return prepared
  const left: LeftAlone[] = []
  const groups: Group[] = []
  // Sites are those of the part's own graph.
  for (const weight of weights(graph).filter(each => isCandidate(each, part))) {
    const found = find(weight, prepared, ctx)
    if (isRefusal(found)) left.push({ weight, refusal: found })
    else groups.push(groupOf(found))
  }
  return groups.length > 0 ? groups : nothingToCode(left)
}

/**
 * A weight of 32 bits is to be coded from them, so `half` comes after: then what is coded is not rounded before. A consumer
 * that reads the decoded weight stays plain.
 */
function groupOf({ weight, readers = [], coded }: FoundWeight): Group {
  const rewritten = weight.uses.filter(({ node }) => coded === undefined || coded.has(node))
  const nodes = new Map([...rewritten, ...readers].map(({ node, scope }) => [node, scope.path]))
  return {
    sites: [{ weight }, ...[...nodes].map(([node, path]) => ({ node, path }))],
    needs: [weight.tensor.dtype === 'float32' ? 'weight:float32' : 'weight:float'],
    takes: nodes.size > 0 ? weightContract.takes : ['weight:float'],
    gives: weightContract.gives,
  }
}

/** The most telling reason is that of the largest weight. */
function nothingToCode(left: readonly LeftAlone[]): Refusal {
  const [largest] = left.toSorted((a, b) => b.weight.tensor.byteLength - a.weight.tensor.byteLength)
  if (!largest) return refuse('has no constant matrix')
  const { refused, at } = largest.refusal
  return refuse(`nothing to code; "${largest.weight.id}" ${refused}`, at)
}

function rewritePart<P extends Params, F extends FoundWeight>(
  model: Model,
  name: string,
  ctx: Context<P>,
  { prepare, find, replace }: WeightQuantizer<P, F>,
  coder: Coder,
): Model {
  const part = model.part(name)
  const prepared = prepare ? prepare(part.graph, ctx) : part.graph
  if (isRefusal(prepared)) return model
  const claimed = claimedWeights(ctx.groups(name))
  const replacements: Replacement[] = []
  const left: LeftAlone[] = []
  for (const weight of weights(prepared).filter(each => isCandidate(each, part))) {
    const found = find(weight, prepared, ctx)
    if (isRefusal(found)) left.push({ weight, refusal: found })
    else if (claimed.has(weight.id)) replacements.push(replace(found, ctx, coder))
  }
  warnLeftAlone(ctx, name, left)
  return model.withGraph(name, replaceWeights(prepared, replacements))
}
