// Which products belong to one attention. Queries and keys meet in a product of two activations, values meet what came of
// them in another; between there and the next attention always stands a product with constants, where the search ends.
import { resolve, type Node, type Scope } from '@damson/graph'
import type { Product } from './parallel-products.ts'

const attentions: ReadonlySet<string> = new Set([
  'Attention',
  'MultiHeadAttention',
  'GroupQueryAttention',
  'DecoderMaskedMultiHeadAttention',
  'PackedMultiHeadAttention',
])

/** Operators with weights; what they make is no query, key or value any more. */
const layers: ReadonlySet<string> = new Set([
  'Gemm',
  'Conv',
  'ConvTranspose',
  'LSTM',
  'GRU',
  'RNN',
  'MatMulNBits',
  'MatMulInteger',
  'MatMulIntegerToFloat',
  'DynamicQuantizeMatMul',
])

/** Operators that say nothing of the numbers in their input. */
const measuring: ReadonlySet<string> = new Set(['Shape', 'Size'])

/** Those of the products that meet in attentions, attention by attention. */
export function attentionsOf(products: readonly Product[]): readonly (readonly Product[])[] {
  const sets: { readonly members: Product[]; readonly met: Set<Node> }[] = []
  for (const product of products) {
    const met = meetingPoints(product)
    if (met.size === 0) continue
    const known = sets.filter(set => [...met].some(node => set.met.has(node)))
    const [first, ...others] = known
    if (!first) sets.push({ members: [product], met: new Set(met) })
    else {
      first.members.push(product, ...others.flatMap(set => set.members))
      for (const node of [...met, ...others.flatMap(set => [...set.met])]) first.met.add(node)
      for (const set of others) sets.splice(sets.indexOf(set), 1)
    }
  }
  return sets.map(({ members }) => products.filter(product => members.includes(product)))
}

/** The products of two activations, and the attention operators, that a product leads to. */
function meetingPoints({ node, scope }: Product): ReadonlySet<Node> {
  const met = new Set<Node>()
  const seen = new Set<Node>()
  const queue = [...node.outputs]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const { node: user, input } of scope.body.users(name)) {
      if (seen.has(user) || input === undefined) continue
      seen.add(user)
      if (attentions.has(user.op)) met.add(user)
      else if (user.op === 'MatMul' || user.op === 'Einsum') {
        if (user.inputs.some(each => isConstant(scope, each))) continue
        met.add(user)
        queue.push(...user.outputs)
      } else if (!layers.has(user.op) && !measuring.has(user.op)) queue.push(...user.outputs)
    }
  }
  return met
}

function isConstant(scope: Scope, name: string): boolean {
  return resolve(scope, name)?.body.tensor(name) !== undefined
}
