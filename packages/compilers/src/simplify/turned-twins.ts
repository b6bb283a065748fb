// A matrix that is stored a second time transposed (the output head of a language model that is tied to its embedding) is
// stored once: a Gemm reads it the other way round, a MatMul through a Transpose, which runtimes compute when they load.
//   x·Wᵀ = MatMul(x, Transpose(W))       A·Wᵀ + c = Gemm(A, W, c; transB turned)
import { Draft, intOf, mapBodies, weights, type Graph, type Node, type Weight } from '@damson/graph'

/** Ids of a weight that stays and of its transposed copy, which goes. */
export type TwinIds = readonly [stays: string, goes: string]

/**
 * The graph with each pair stored once, where the copy is only the right side of products; the same object when none is.
 * Up to `limitBytes` the Transpose would be folded into a copy again, so those stay two.
 */
export function tieTwins(graph: Graph, pairs: readonly TwinIds[], limitBytes: number): Graph {
  return pairs.reduce((now, pair) => tieTwin(now, pair, limitBytes), graph)
}

function tieTwin(graph: Graph, [first, second]: TwinIds, limitBytes: number): Graph {
  const byId = new Map(weights(graph).map(weight => [weight.id, weight]))
  const [a, b] = [byId.get(first), byId.get(second)]
  if (!a || !b || a.tensor.byteLength <= limitBytes || a.scope.path !== '' || b.scope.path !== '')
    return graph
  // The one that something else than a product reads is the table that the other was made of.
  const [stays, goes] = isFactor(b) ? [a, b] : [b, a]
  return isFactor(goes) ? tied(graph, stays, goes) : graph
}

/** Right side of products in the top body, and nothing else. */
function isFactor({ uses, isOutput, scope, name }: Weight): boolean {
  const fits = uses.every(
    ({ node, input, scope: place }) =>
      node.domain === '' && input === 1 && place.path === '' && (node.op === 'MatMul' || node.op === 'Gemm'),
  )
  return fits && uses.length > 0 && !isOutput && !scope.body.isInput(name)
}

function tied(graph: Graph, stays: Weight, goes: Weight): Graph {
  const origins = [...new Set([...stays.origins, ...goes.origins])]
  return mapBodies(graph, (body, scope) => {
    if (scope.path !== '') return body
    const draft = new Draft(body, scope)
    draft.setInitializer(stays.name, stays.tensor, { origins })
    let turned: string | undefined
    for (const { node } of goes.uses) {
      if (node.op === 'Gemm') turnGemm(draft, node, stays.name)
      else {
        turned ??= addTranspose(draft, stays.name, goes.name)
        draft.replace(node, { inputs: [node.inputs[0] ?? '', turned] })
      }
    }
    draft.removeInitializer(goes.name)
    return draft.finish()
  })
}

function addTranspose(draft: Draft, name: string, hint: string): string {
  const attributes = new Map([['perm', { type: 'ints', value: [1n, 0n] } as const]])
  const node = draft.add({
    op: 'Transpose',
    inputs: [name],
    outputs: [draft.fresh(`${hint}_transposed`)],
    attributes,
  })
  return node.outputs[0] ?? ''
}

function turnGemm(draft: Draft, node: Node, name: string): void {
  const [a = '', , ...rest] = node.inputs
  const value = intOf(node, 'transB', 0) === 0 ? 1n : 0n
  draft.replace(node, {
    inputs: [a, name, ...rest],
    attributes: new Map(node.attributes).set('transB', { type: 'int', value }),
  })
}
