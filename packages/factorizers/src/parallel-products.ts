// Which products of a graph read one value, side by side: MatMul and Gemm with a constant matrix on their right. They can
// become one product with the columns of all, as long as nobody else reads their constants.
import {
  floatOf,
  intOf,
  isRefusal,
  refuse,
  resolve,
  weights,
  type Graph,
  type Node,
  type Refusal,
  type Scope,
  type Weight,
  type WeightUse,
} from '@damson/graph'
import { attentionsOf } from './attention-reach.ts'

/** A product of a value with a constant matrix, and the constant that is added to it. */
export interface Product {
  readonly node: Node
  readonly scope: Scope
  readonly weight: Weight
  /** `KN` as MatMul's B, `NK` as that of a Gemm with transB. */
  readonly layout: 'KN' | 'NK'
  /** Columns of the result. */
  readonly N: number
  /** `add` is the node that adds the constant; undefined where the product itself does. */
  readonly bias: { readonly weight: Weight; readonly add: Node | undefined } | undefined
}

/** A product that stays by itself although others read the same value, and why. */
interface LeftProduct {
  readonly node: Node
  readonly refusal: Refusal
}

export interface Found {
  /** Two products or more each, in the order of their weights. */
  readonly groups: readonly (readonly Product[])[]
  readonly left: readonly LeftProduct[]
}

/** Which products are put together: those that meet again in one attention, or all that read one value. */
export type FuseScope = 'attention' | 'all'

/** The products of one value that can become one; `selects` says which may be touched at all. */
export function parallelProducts(
  graph: Graph,
  which: FuseScope,
  selects: (product: Product) => boolean,
): Found {
  const byWeight = new Map(weights(graph).map(weight => [weight.id, weight] as const))
  const siblings = new Map<string, (Product | LeftProduct)[]>()
  for (const weight of byWeight.values()) {
    for (const use of weight.uses) {
      const input = inputOf(weight, use)
      if (input === undefined) continue
      const product = productOf(weight, use, byWeight)
      if (!isRefusal(product) && !selects(product)) continue
      const found = isRefusal(product) ? { node: use.node, refusal: product } : product
      siblings.set(input, [...(siblings.get(input) ?? []), found])
    }
  }
  const parted = [...siblings.values()].filter(each => each.length > 1).map(each => partsOf(each, which))
  return { groups: parted.flatMap(({ groups }) => groups), left: parted.flatMap(({ left }) => left) }
}

/** Sets of like products among those that read one value. */
function partsOf(siblings: readonly (Product | LeftProduct)[], which: FuseScope): Found {
  const left = siblings.filter(each => 'refusal' in each)
  const alike = new Map<string, Product[]>()
  for (const product of siblings) {
    if ('refusal' in product) continue
    const form = formOf(product)
    alike.set(form, [...(alike.get(form) ?? []), product])
  }
  const sets = [...alike.values()].flatMap(set => (which === 'all' ? [set] : attentionsOf(set)))
  const odd = sets.filter(set => set.length === 1 && alike.size > 1).flat()
  const why = 'differs in form from the other products of its input'
  return {
    groups: sets.filter(set => set.length > 1),
    left: [...left, ...odd.map(({ node }) => ({ node, refusal: refuse(why, node) }))],
  }
}

/** Products of equal form can stand in one matrix. */
function formOf({ node, weight, layout, bias }: Product): string {
  const inside = node.op === 'Gemm' && bias !== undefined
  return [node.op, layout, weight.tensor.dtype, weight.scope.path, inside].join()
}

/** The value that is multiplied, as a place and a name; undefined where a weight is used otherwise. */
function inputOf(weight: Weight, { node, input, scope }: WeightUse): string | undefined {
  const isProduct = node.domain === '' && (node.op === 'MatMul' || node.op === 'Gemm') && input === 1
  const [name = ''] = node.inputs
  if (!isProduct || weight.tensor.shape.length !== 2) return undefined
  return `${scope.path}\n${resolve(scope, name)?.path ?? ''}\n${name}`
}

function productOf(
  weight: Weight,
  { node, scope }: WeightUse,
  byId: ReadonlyMap<string, Weight>,
): Product | Refusal {
  const { tensor, uses, isOutput } = weight
  if (!/^b?float/.test(tensor.dtype)) return refuse(`multiplies with ${tensor.dtype}`, node)
  if (uses.length > 1) return refuse(`shares the weight "${weight.name}" with other nodes`, node)
  if (isOutput) return refuse(`has a weight "${weight.name}" that is an output of the graph`, node)
  const layout = node.op === 'Gemm' && intOf(node, 'transB', 0) === 1 ? 'NK' : 'KN'
  const N = tensor.shape[layout === 'KN' ? 1 : 0] ?? 0
  const constant = (name: string): Weight | undefined => constantFor(weight, scope, name, N, byId)
  if (node.op === 'MatMul') return { node, scope, weight, layout, N, bias: addedTo(node, scope, constant) }
  const plain =
    intOf(node, 'transA', 0) === 0 && floatOf(node, 'alpha', 1) === 1 && floatOf(node, 'beta', 1) === 1
  if (!plain) return refuse('is a Gemm with transA, alpha or beta', node)
  const [, , third = ''] = node.inputs
  const added = third === '' ? undefined : constant(third)
  if (third !== '' && !added) return refuse('adds what is no row of constants of its own', node)
  return { node, scope, weight, layout, N, bias: added && { weight: added, add: undefined } }
}

/** A constant row of N numbers that nobody else reads, defined where the matrix is. */
function constantFor(
  { scope: home }: Weight,
  scope: Scope,
  name: string,
  N: number,
  byId: ReadonlyMap<string, Weight>,
): Weight | undefined {
  const path = resolve(scope, name)?.path
  if (path !== home.path) return undefined
  const found = byId.get(path === '' ? name : `${path}/${name}`)
  if (!found || found.uses.length !== 1 || found.isOutput) return undefined
  const [first, second] = found.tensor.shape
  const isRow = found.tensor.shape.length === 1 ? first === N : first === 1 && second === N
  return isRow && found.tensor.shape.length <= 2 ? found : undefined
}

/** The Add of a row of constants after a MatMul, when nothing else reads the product. */
function addedTo(
  node: Node,
  { body }: Scope,
  constant: (name: string) => Weight | undefined,
): Product['bias'] {
  const [product = ''] = node.outputs
  const [only, ...others] = body.users(product)
  if (!only || others.length > 0 || only.input === undefined || body.isOutput(product)) return undefined
  const { node: add, input } = only
  if (add.op !== 'Add' || add.domain !== '') return undefined
  const weight = constant(add.inputs[1 - input] ?? '')
  return weight?.tensor.shape.length === 1 ? { weight, add } : undefined
}
