// Residual additions x + f(x): the seams of every transformer, where what a branch added can be kept and added again.
// Found by dependence, so it does not matter who wrote the graph: a sum is one when one operand depends on the other and
// weights lie between. (The sum in tanh-GELU, x + 0.04·x³, has none.)
import type { Node } from '@damson/graph'
import { isAttention } from './attentions.ts'
import { dependsOn, nodesBetween, type Ordered } from './between.ts'
import { isProduct, opName } from './products.ts'

export interface Residual {
  /** The Add, or a normalization that adds before it norms. */
  readonly node: Node
  /** x */
  readonly stream: string
  /** f(x) */
  readonly delta: string
  /** x + f(x) */
  readonly sum: string
  /** What lies between x and f(x). */
  readonly between: readonly Node[]
}

/** Operators that add two inputs and hand the sum on as output 3. Source: ONNX Runtime's contrib operators. */
const addsAndNorms = new Set([
  'com.microsoft.SkipLayerNormalization', 'com.microsoft.SkipSimplifiedLayerNormalization',
]) // prettier-ignore

/** The residual additions among the values of `samples`, in order. */
export function residuals(graph: Ordered, samples: ReadonlySet<string>): readonly Residual[] {
  const bySum = new Map<string, Residual>()
  for (const node of graph.body.nodes) {
    const sum = sumOf(node)
    const [a = '', b = ''] = node.inputs
    if (sum === undefined || !samples.has(sum) || a === '' || b === '' || a === b) continue
    const found = residual(graph, bySum, { node, stream: a, delta: b, sum }) ?? residual(graph, bySum, { node, stream: b, delta: a, sum }) // prettier-ignore
    if (found) bySum.set(sum, found)
  }
  return [...bySum.values()]
}

function sumOf(node: Node): string | undefined {
  if (opName(node) === 'Add') return node.outputs[0]
  return addsAndNorms.has(opName(node)) ? node.outputs[3] || undefined : undefined
}

/** Branches of one x that are added one after the other, x + f(x) + g(x), are told from chance by their common x. */
const parallel = 2

function residual(
  graph: Ordered,
  bySum: ReadonlyMap<string, Residual>,
  sum: Omit<Residual, 'between'>,
): Residual | undefined {
  let from: string | undefined = sum.stream
  for (let back = 0; from !== undefined && back <= parallel; back++) {
    if (dependsOn(graph, sum.delta, from)) {
      const between = nodesBetween(graph, from, sum.delta)
      const works = between.some(each => isProduct(each) || isAttention(each))
      return works ? { ...sum, between } : undefined
    }
    from = bySum.get(from)?.stream
  }
  return undefined
}
