// What a coded value goes through next: where the curve is flat, errors do not matter, so a range may be cut there. The
// far negative numbers before x·σ(x) are the usual case: they would take half of all codes.
import { floatOf, type Graph, type Node } from '@damson/graph'

export type Curve = (x: number) => number

const sigmoid: Curve = x => 1 / (1 + Math.exp(-x))

/** Activation functions by operator. */
const curves: Readonly<Record<string, (node: Node) => Curve>> = {
  Relu: () => x => Math.max(x, 0),
  Sigmoid: () => sigmoid,
  Tanh: () => Math.tanh,
  HardSigmoid: node => {
    const [alpha, beta] = [floatOf(node, 'alpha', 0.2), floatOf(node, 'beta', 0.5)]
    return x => Math.min(1, Math.max(0, alpha * x + beta))
  },
  HardSwish: () => x => x * Math.min(1, Math.max(0, x / 6 + 0.5)),
  LeakyRelu: node => {
    const alpha = floatOf(node, 'alpha', 0.01)
    return x => (x < 0 ? alpha * x : x)
  },
  Elu: node => {
    const alpha = floatOf(node, 'alpha', 1)
    return x => (x < 0 ? alpha * (Math.exp(x) - 1) : x)
  },
  Softplus: () => x => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0),
}

/** The function of one number that all consumers of a value compute together; undefined when there is none. */
export function curveBehind(graph: Graph, value: string): Curve | undefined {
  const users = graph.users(value)
  const [first, ...others] = users.flatMap(({ node }) => (node.domain === '' && curves[node.op] ? [node] : []))
  if (!first || others.length > 0 || graph.isOutput(value)) return undefined
  const curve = curves[first.op]?.(first)
  const [inner = ''] = first.outputs
  const rest = users.filter(({ node }) => node !== first)
  if (rest.length === 0) return curve
  // x · f(x)
  const gated = rest.every(({ node }) => node.op === 'Mul' && node.domain === '' && node.inputs.includes(inner))
  const alone = graph.users(inner).every(({ node }) => node.op === 'Mul' && node.inputs.includes(value))
  return curve && gated && alone && !graph.isOutput(inner) ? x => x * curve(x) : undefined
} // prettier-ignore
