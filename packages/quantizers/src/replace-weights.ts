// Puts coded tensors in the place of weights: the new initializers stand where the weight stood (in the body that defined
// it), every consumer in every body is rewritten, and the weight goes.
import {
  Draft, mapBodies, scopes, walk, type Body, type Graph, type Node, type Scope, type Tensor, type Weight,
} from '@damson/graph' // prettier-ignore

/** One weight and what takes its place. */
export interface Replacement {
  readonly weight: Weight
  /** New initializers by suffix: `Q4`, `scales`, `zero_points` behind the name of the weight. */
  readonly tensors: Readonly<Record<string, Tensor | undefined>>
  /** Suffixes of values that `decode` makes of them. */
  readonly values?: readonly string[]
  /** Suffixes of those that only belong to codes and are not told apart by what reads them: they have no origin. */
  readonly aside?: readonly string[]
  /** Rewrites one consumer; `name` gives the new initializers by suffix, `''` for those that are absent. */
  readonly emit: (draft: Draft, node: Node, name: (suffix: string) => string) => void
  /** Makes a value with the name of the weight, for consumers that stay as they are. Called where the weight was defined. */
  readonly decode?: (draft: Draft, name: (suffix: string) => string) => void
}

/** The graph with all replacements made, and the operator set that they need imported. */
export function replaceWeights(graph: Graph, replacements: readonly Replacement[]): Graph {
  const taken = new Set([...scopes(graph)].flatMap(({ body }) => namesOf(body)))
  const plans = replacements.map(each => ({ ...each, names: freshNames(each, taken) }))
  const byNode = plansByNode(plans)
  const changed = mapBodies(graph, (body, scope) => {
    const mine = plans.filter(plan => plan.weight.scope.path === scope.path)
    const nodes = body.nodes.filter(node => byNode.has(placeOf(scope, node)))
    if (mine.length === 0 && nodes.length === 0) return body
    const draft = new Draft(body, scope)
    for (const node of nodes)
      for (const plan of byNode.get(placeOf(scope, node)) ?? []) plan.emit(draft, node, nameIn(plan))
    for (const plan of mine) exchange(draft, plan)
    return draft.finish()
  })
  return withMicrosoft(changed)
}

type Plan = Replacement & { readonly names: ReadonlyMap<string, string> }

/** Nodes are found again by place and first output (that of an LSTM may be ''): rebuilt bodies keep the outputs of their nodes. */
const placeOf = (scope: Scope, node: Node): string =>
  `${scope.path}\n${node.outputs.find(name => name !== '') ?? node.name}`

/** A node may read several weights, and one weight in several inputs. */
function plansByNode(plans: readonly Plan[]): ReadonlyMap<string, ReadonlySet<Plan>> {
  const byNode = new Map<string, Set<Plan>>()
  for (const plan of plans) {
    for (const { scope, node } of plan.weight.uses) {
      const place = placeOf(scope, node)
      byNode.set(place, (byNode.get(place) ?? new Set()).add(plan))
    }
  }
  return byNode
}

const nameIn =
  ({ names }: Plan) =>
  (suffix: string): string =>
    names.get(suffix) ?? ''

function exchange(draft: Draft, plan: Plan): void {
  const { weight, tensors, names } = plan
  for (const [suffix, tensor] of Object.entries(tensors)) {
    const name = names.get(suffix)
    const origins = plan.aside?.includes(suffix) ? [] : weight.origins
    if (tensor && name !== undefined) draft.setInitializer(name, tensor, { origins })
  }
  if (weight.storage === 'initializer') draft.removeInitializer(weight.name)
  else for (const node of draft.nodes) if (node.outputs[0] === weight.name) draft.remove(node)
  plan.decode?.(draft, nameIn(plan))
}

function freshNames(
  { weight, tensors, values = [] }: Replacement,
  taken: Set<string>,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const suffix of [...Object.keys(tensors).filter(each => tensors[each]), ...values]) {
    let name = `${weight.name}_${suffix}`
    for (let n = 1; taken.has(name); n++) name = `${weight.name}_${suffix}_${n}`
    taken.add(name)
    names.set(suffix, name)
  }
  return names
}

function namesOf(body: Body): readonly string[] {
  const infos = [...body.inputs, ...body.outputs].map(info => info.name)
  return [...infos, ...body.initializers.keys(), ...body.nodes.flatMap(node => [node.name, ...node.outputs])]
}

/** The graph with com.microsoft imported if a node is of it. */
export function withMicrosoft(graph: Graph): Graph {
  const domain = 'com.microsoft'
  if (graph.opset(domain) > 0) return graph
  if (![...walk(graph)].some(({ node }) => node.domain === domain)) return graph
  const opsets = new Map(graph.header.opsets).set(domain, 1)
  return graph.with({ header: { ...graph.header, opsets } })
}
