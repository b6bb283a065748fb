// Queries, keys and values are products of one input with three matrices; put side by side they are one product:
//   X·[W_q W_k W_v] + [b_q b_k b_v] = [Q K V]
// The input is read once instead of three times, one wide product keeps the cores busier than three narrow ones, and no
// number changes: each column is the same sum as before. The weight keeps the names of those that it came from.
import {
  defineAlgorithm, oneOf, refuse, type Context, type Group, type Model, type Part, type Refusal, type Site,
} from '@damson/core' // prettier-ignore
import { joinProducts } from '../join-products.ts'
import { parallelProducts, type Found, type Product } from '../parallel-products.ts'

const id = '@damson/factorizers/fuse-qkv'
const version = 1

const params = {
  /** `attention`: products that meet again in one attention (queries, keys, values). `all`: all products of one value. */
  scope: oneOf({
    options: ['attention', 'all'],
    default: 'attention',
    doc: 'attention: products that meet again in one attention; all: all products of one value, gates and time embeddings too.',
  }),
}

type Ctx = Context<typeof params>

const contract = { needs: ['weight:float', 'op:plain'], changes: true } as const

/** Products of one value with several matrices become one product. */
export const fuseQkv = defineAlgorithm({
  id,
  version,
  summary:
    'Queries, keys and values (or all products of one value) become one product; outputs stay the same.',
  paper: 'Vaswani et al. 2017, arXiv 1706.03762; diffusers fuse_qkv_projections',
  contract,
  params,
  groups: groupsOf,
  rewrite: (model, ctx) => ctx.parts.reduce((changed, name) => fusePart(changed, name, ctx), model),
})

function groupsOf(part: Part, ctx: Ctx): readonly Group[] | Refusal {
  const opset = part.graph.opset('')
  if (opset < 11)
    return refuse(`is of operator set ${opset}, whose Split counts no axis from the end; 11 does`, part.name)
  const { groups, left } = foundIn(part, ctx)
  if (groups.length > 0) return groups.map(products => ({ sites: products.flatMap(sitesOf), ...contract }))
  const [nearest] = left
  if (!nearest) {
    const beyond = parallelProducts(part.graph, 'all', () => true).groups.length > 0
    const hint = beyond ? ' that meet in an attention; there are others, which scope "all" fuses' : ''
    return refuse(`has no two products of one value with matrices${hint}`, part.name)
  }
  return refuse(`has nothing to fuse; "${nearest.node.name}" ${nearest.refusal.refused}`, nearest.refusal.at)
}

/** Everything that goes into one product: matrices, constants added, and their nodes. */
function sitesOf({ node, scope: { path }, weight, bias }: Product): readonly Site[] {
  return [
    { weight },
    { node, path },
    ...(bias ? [{ weight: bias.weight }] : []),
    ...(bias?.add ? [{ node: bias.add, path }] : []),
  ]
}

function foundIn({ graph }: Part, ctx: Ctx): Found {
  return parallelProducts(graph, ctx.params.scope, product =>
    sitesOf(product).every(site => ctx.selects(site)),
  )
}

function fusePart(model: Model, name: string, ctx: Ctx): Model {
  const part = model.part(name)
  const { groups, left } = foundIn(part, ctx)
  if (left.length > 0) {
    const list = left.map(({ node, refusal }) => ({ node: node.name, reason: refusal.refused }))
    const [first] = list
    ctx.warn(
      'left-alone',
      `Part "${name}": ${left.length} parallel products stay as they are, like "${first?.node}": ${first?.reason}.`,
      { part: name, products: list },
    )
  }
  return model.withGraph(name, joinProducts(part.graph, groups, `${id}:${version}`))
}
