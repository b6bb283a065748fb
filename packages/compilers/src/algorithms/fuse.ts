// What exporters take apart is put together again: the same function by fewer, larger operators, for which the runtime has
// kernels of their own.
//   Add(Mul(Div(Sub(x, μ), Sqrt(Add(Mean(Pow(Sub(x, μ), 2)), ε))), γ), β) = LayerNormalization(x, γ, β)
// Which ones depends on the target. No weight goes where it cannot be quantized any more, unless `absorb` says so.
import {
  defineAlgorithm, flag, list, oneOf, refuse,
  type Context, type Group, type Model, type Part, type Refusal, type Site,
} from '@damson/core' // prettier-ignore
import { nodeIdentity } from '@damson/graph'
import { fuseGraph, type FusedGraph } from '../fuse/fuse-graph.ts'
import { fusionNames } from '../fuse/fusions.ts'
import { asWritten, contract } from '../fuse/replaced-sites.ts'

const id = '@damson/compilers/fuse'
const version = 1

const params = {
  /** Which fusions are tried. */
  rules: list({
    of: { kind: 'one-of', options: fusionNames },
    default: 'all',
    or: ['all'],
    doc: 'all: those that the target is faster with; or kinds (norm, activation, attention, rotary, product, convolution, embedding, quantized) and names. A fusion that is named is tried on any target.',
  }),
  /** Into fused operators, or out of them. */
  direction: oneOf({
    options: ['fuse', 'unfuse'],
    default: 'fuse',
    doc: 'fuse: into operators that do more; unfuse: operators of ONNX Runtime into standard ones, for runtimes without them.',
  }),
  /** Whether weights may go into operators that have no quantized form. */
  absorb: flag({
    default: false,
    doc: 'Whether weights may go into operators that have no quantized form (packed attention, products and convolutions with an activation, embeddings with their norm).',
  }),
}

type Ctx = Context<typeof params>

/** Norms, activations, attentions and rotary embeddings as operators of their own. */
export const fuse = defineAlgorithm({
  id,
  version,
  summary: 'Norms, activations, attentions and rotary embeddings become operators of their own.',
  contract,
  facts: asWritten,
  params,
  groups: groupsOf,
  rewrite: (model, ctx) => ctx.parts.reduce((now, name) => fusePart(now, name, ctx), model),
})

function groupsOf(part: Part, ctx: Ctx): readonly Group[] | Refusal {
  const { groups } = within(part, ctx, site => ctx.selects(site))
  if (groups.length > 0) return groups
  const all = everywhere(part, ctx).groups
  if (all.length === 0)
    return refuse(
      'has nothing to fuse; `damson inspect --rules all <model>` says what comes nearest',
      part.name,
    )
  const cut = all.find(({ sites }) => sites.some(site => ctx.selects(site)))
  if (!cut) return refuse('has nothing to fuse in that place', part.name)
  const outside = cut.sites.filter(site => !ctx.selects(site)).map(nameOf)
  return refuse(
    `is fused as a whole or not at all, and the place leaves out ${outside.join(', ')}`,
    outside[0],
  )
}

function everywhere({ graph }: Part, { params, target }: Ctx): FusedGraph {
  return fuseGraph(graph, { target, ...params })
}

/** What is fused inside a place: everything, where nothing reaches beyond it. */
function within(part: Part, ctx: Ctx, selects: (site: Site) => boolean): FusedGraph {
  const all = everywhere(part, ctx)
  if (all.groups.every(({ sites }) => sites.every(site => selects(site) || 'weight' in site))) return all
  const { params: { rules, absorb, direction }, target } = ctx // prettier-ignore
  return fuseGraph(part.graph, { target, rules, absorb, direction }, selects)
}

function fusePart(model: Model, name: string, ctx: Ctx): Model {
  const part = model.part(name)
  const claimed = new Set(
    ctx.groups(part).flatMap(group => group.sites.flatMap(site => ('node' in site ? [site.node] : []))),
  )
  const isClaimed = (site: Site): boolean => !('node' in site) || claimed.has(site.node)
  const cut = everywhere(part, ctx).groups.filter(
    ({ sites }) => sites.some(isClaimed) && !sites.every(isClaimed),
  )
  if (cut.length > 0) {
    const left = cut.flatMap(({ sites }) =>
      sites
        .filter(site => !isClaimed(site))
        .slice(0, 1)
        .map(nameOf),
    )
    ctx.warn(
      'left-alone',
      `Part "${name}": ${cut.length} fusions reach beyond the place, or what was planned before other steps acted, like that of "${left[0]}", and stay inside it.`,
      { part: name, nodes: left },
    )
  }
  return model.withGraph(name, within(part, ctx, isClaimed).graph)
}

function nameOf(site: Site): string {
  if ('part' in site) return site.part.name
  return 'weight' in site ? site.weight.name : nodeIdentity(site.node)
}
