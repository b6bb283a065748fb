// Puts one product in the place of several: the joined constants stand where the first ones stood, the product takes over all
// origins, and a Split gives its columns the names that they had.
import {
  Draft,
  mapBodies,
  memoryTensor,
  scopes,
  type Body,
  type Graph,
  type Node,
  type Tensor,
  type Weight,
} from '@damson/graph'
import { joinConstants } from './joined-constants.ts'
import type { Product } from './parallel-products.ts'

/** One initializer in the place of several constants. */
interface Joined {
  readonly name: string
  readonly tensor: Tensor
  readonly from: readonly Weight[]
}

interface Plan {
  readonly products: readonly Product[]
  readonly weight: Joined
  readonly bias: Joined | undefined
}

/** The graph with each group joined. `key` names the algorithm and its version, for the keys of computed tensors. */
export function joinProducts(graph: Graph, groups: readonly (readonly Product[])[], key: string): Graph {
  const taken = new Set([...scopes(graph)].flatMap(({ body }) => namesOf(body)))
  const plans = groups.map(products => planOf(products, taken, key))
  return mapBodies(graph, (body, scope) => {
    const here = plans.filter(({ products }) => products[0]?.scope.path === scope.path)
    const constants = plans
      .flatMap(({ weight, bias }) => (bias ? [weight, bias] : [weight]))
      .filter(({ from }) => from[0]?.scope.path === scope.path)
    if (here.length === 0 && constants.length === 0) return body
    const draft = new Draft(body, scope)
    for (const plan of here) emit(draft, plan, graph.opset(''))
    for (const each of constants) exchange(draft, each)
    return draft.finish()
  })
}

function planOf(products: readonly Product[], taken: Set<string>, key: string): Plan {
  const weight = joined(
    products.map(product => product.weight),
    products[0]?.layout ?? 'KN',
    taken,
    key,
  )
  const biases = products.flatMap(({ bias }) => bias ?? [])
  const bias =
    biases.length === products.length
      ? joined(
          biases.map(each => each.weight),
          'row',
          taken,
          key,
        )
      : undefined
  return { products, weight, bias }
}

function joined(
  from: readonly Weight[],
  layout: 'KN' | 'NK' | 'row',
  taken: Set<string>,
  key: string,
): Joined {
  const hint = `${from[0]?.name ?? ''}_fused`
  let name = hint
  for (let n = 1; taken.has(name); n++) name = `${hint}_${n}`
  taken.add(name)
  return {
    name,
    tensor: joinConstants(
      from.map(({ tensor }) => tensor),
      layout,
      key,
    ),
    from,
  }
}

/** Y = X·[W₁ … Wₙ] (+ [b₁ … bₙ]); y₁ … yₙ = Split(Y) along the last axis. */
function emit(draft: Draft, { products, weight, bias }: Plan, opset: number): void {
  const [first] = products
  if (!first) return
  const { node } = first
  const [input = ''] = node.inputs
  const isGemm = node.op === 'Gemm'
  const outputs = products.map(
    product => (bias ? product.bias?.add : undefined)?.outputs[0] ?? product.node.outputs[0] ?? '',
  )
  const whole = draft.fresh(`${node.outputs[0] ?? ''}_fused`)
  draft.replace(node, {
    name: draft.fresh(`${node.name}_fused`),
    inputs: [input, weight.name, ...(isGemm && bias ? [bias.name] : [])],
    outputs: [whole],
    origins: originsOf(products.map(product => product.node)),
  })
  for (const product of products.slice(1)) draft.remove(product.node)
  const adds = bias ? products.flatMap(product => product.bias?.add ?? []) : []
  const sum = adds.length > 0 && bias ? addition(draft, adds, whole, bias.name) : whole
  split(
    draft,
    sum,
    outputs,
    products.map(({ N }) => BigInt(N)),
    opset,
  )
}

/** One Add in the place of the first; the others go. */
function addition(draft: Draft, adds: readonly Node[], value: string, bias: string): string {
  const [first, ...others] = adds
  if (!first) return value
  const sum = draft.fresh(`${first.outputs[0] ?? ''}_fused`)
  draft.replace(first, {
    name: draft.fresh(`${first.name}_fused`),
    inputs: [value, bias],
    outputs: [sum],
    origins: originsOf(adds),
  })
  for (const add of others) draft.remove(add)
  return sum
}

/** The sizes are an attribute of Split up to operator set 12, an input from 13 on. */
function split(
  draft: Draft,
  value: string,
  outputs: readonly string[],
  sizes: readonly bigint[],
  opset: number,
): void {
  const name = draft.fresh(`${value}_split`)
  const input =
    opset < 13
      ? []
      : [
          draft.addInitializer(
            `${name}_sizes`,
            memoryTensor('int64', [sizes.length], BigInt64Array.from(sizes)),
          ),
        ]
  draft.add({
    op: 'Split',
    name,
    inputs: [value, ...input],
    outputs,
    attributes: new Map([
      ['axis', { type: 'int', value: -1n } as const],
      ...(opset < 13 ? [['split', { type: 'ints', value: sizes }] as const] : []),
    ]),
  })
}

function exchange(draft: Draft, { name, tensor, from }: Joined): void {
  draft.setInitializer(name, tensor, { origins: originsOf(from) })
  for (const weight of from) {
    if (weight.storage === 'initializer') draft.removeInitializer(weight.name)
    else for (const node of draft.nodes) if (node.outputs[0] === weight.name) draft.remove(node)
  }
}

function originsOf(all: readonly { readonly origins: readonly string[] }[]): readonly string[] {
  return [...new Set(all.flatMap(({ origins }) => origins))]
}

function namesOf(body: Body): readonly string[] {
  const infos = [...body.inputs, ...body.outputs].map(info => info.name)
  return [...infos, ...body.initializers.keys(), ...body.nodes.flatMap(node => [node.name, ...node.outputs])]
}
