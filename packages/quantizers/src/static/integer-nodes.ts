// Which nodes of a graph ONNX Runtime can compute in integers, and which values carry a QuantizeLinear/DequantizeLinear pair
// for that. Products with a constant matrix or filter are what it is done for; a convolution's integer kernel also wants its
// output coded, so what stands between two convolutions joins in where there is a kernel for it.
import { floatOf, intOf, isRefusal, numbers, refuse, textOf, weights, type Graph, type Node, type Refusal, type Weight } from '@damson/graph' // prettier-ignore

/** A product with a constant: Conv, MatMul or Gemm. */
export interface Product {
  readonly kind: 'product'
  readonly node: Node
  readonly weight: Weight
  /** Axis of the weight along which each index has a scale of its own. */
  readonly axis: number
  /** The constant bias, a vector. */
  readonly bias: Weight | undefined
  readonly inputs: readonly string[]
  /** The value behind a Relu or Clip that joins in. */
  readonly output: string
  /** Convolutions have no integer kernel with a float output; matrix products do. */
  readonly codesOutput: boolean
}

/** A node between convolutions that has an integer kernel. */
export interface Between {
  readonly kind: 'between'
  readonly node: Node
  readonly inputs: readonly string[]
  readonly output: string
  readonly codesOutput: true
  /** It moves codes and changes none, so input and output have one range. */
  readonly moves: boolean
}

export type IntegerNode = Product | Between

/** Operators that only move numbers: ONNX Runtime drops the pairs around them. */
const moving = new Set([
  'MaxPool', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Flatten', 'Slice', 'Resize', 'DepthToSpace', 'SpaceToDepth',
]) // prettier-ignore
/** Operators with an integer kernel that makes codes in a range of its own, and how many of their inputs are activations. */
const coding: Readonly<Record<string, number>> = {
  Add: 2, Mul: 2, Concat: Infinity, AveragePool: 1, GlobalAveragePool: 1, Sigmoid: 1, LeakyRelu: 1,
} // prettier-ignore

export interface Candidates {
  readonly nodes: readonly IntegerNode[]
  /** Float matrices and filters that stay, with the reason. */
  readonly left: readonly { readonly weight: Weight; readonly refusal: Refusal }[]
}

/** The products and what joins them. `claimed` says which nodes may be touched. */
export function integerNodes(graph: Graph, claimed: (node: Node) => boolean = () => true): Candidates {
  const byName = new Map(weights(graph).map(weight => [weight.id, weight]))
  const left: { weight: Weight; refusal: Refusal }[] = []
  const products = new Map<Node, Product>()
  for (const weight of byName.values()) {
    if (weight.tensor.shape.length < 2 || !/^b?float/.test(weight.tensor.dtype) || weight.uses.length === 0) continue
    const found = productsOf(weight, graph, byName)
    if (isRefusal(found)) left.push({ weight, refusal: found })
    else for (const product of found) if (claimed(product.node)) products.set(product.node, product)
  } // prettier-ignore
  const between = betweenOf(graph, products, claimed)
  const nodes = graph.nodes.flatMap(node => products.get(node) ?? between.get(node) ?? [])
  return { nodes, left }
}

/** Every consumer of a weight as a product, or why one is none. */
function productsOf(
  weight: Weight,
  graph: Graph,
  byName: ReadonlyMap<string, Weight>,
): readonly Product[] | Refusal {
  const { tensor, uses, scope } = weight
  if (scope.path !== '' || uses.some(use => use.scope.path !== '')) return refuse('stands in a nested body', weight)
  if (tensor.dtype !== 'float32') return refuse(`is ${tensor.dtype}, not float32`, weight)
  if (weight.isOutput) return refuse('is an output of the graph', weight)
  if (tensor.shape.includes(0)) return refuse('is empty', weight)
  const found = uses.map(({ node, input }) => productOf(weight, node, input, graph, byName))
  const refused = found.find(isRefusal)
  if (refused) return refused
  const products = found.flatMap(each => (isRefusal(each) ? [] : [each]))
  const axes = new Set(products.map(({ axis }) => axis))
  return axes.size > 1 ? refuse('is used in different ways', weight) : products
} // prettier-ignore

function productOf(
  weight: Weight,
  node: Node,
  input: number,
  graph: Graph,
  byName: ReadonlyMap<string, Weight>,
): Product | Refusal {
  const { op, domain } = node
  const { shape } = weight.tensor
  if (domain !== '' || !['Conv', 'MatMul', 'Gemm'].includes(op)) return refuse(`is used by ${op}`, node)
  if (input !== 1) return refuse(`is input ${input} of a ${op}, not its right side`, node)
  const [x = '', , c = ''] = node.inputs
  if (graph.tensor(x)) return refuse('is multiplied with a constant', node)
  if (op !== 'Conv' && shape.length !== 2) return refuse(`has ${shape.length} dimensions, not 2`, node)
  if (op === 'Gemm' && !isPlainGemm(node)) return refuse('is used by a Gemm with transA, alpha or beta', node)
  const bias = c === '' || op === 'MatMul' ? undefined : byName.get(c)
  const axis = op === 'Conv' || intOf(node, 'transB', 0) === 1 ? 0 : 1
  if (c !== '' && op !== 'MatMul' && !isVector(bias, shape[axis])) return refuse('has a bias that is no constant vector', node)
  const output = op === 'Conv' ? behindClipping(graph, node) : (node.outputs[0] ?? '')
  return { kind: 'product', node, weight, axis, bias, inputs: [x], output, codesOutput: op === 'Conv' }
} // prettier-ignore

function isPlainGemm(node: Node): boolean {
  return intOf(node, 'transA', 0) === 0 && floatOf(node, 'alpha', 1) === 1 && floatOf(node, 'beta', 1) === 1
}

function isVector(bias: Weight | undefined, length: number | undefined): boolean {
  return bias?.tensor.dtype === 'float32' && bias.tensor.shape.length === 1 && bias.tensor.shape[0] === length
}

/** The output of a node, or of the Relu or Clip that alone reads it: their bounds become those of the codes. */
function behindClipping(graph: Graph, { outputs: [output = ''] }: Node): string {
  const [use, ...others] = graph.users(output)
  if (!use || others.length > 0 || graph.isOutput(output) || use.input !== 0) return output
  const { op, domain, inputs, outputs } = use.node
  const isClipping =
    domain === '' && (op === 'Relu' || (op === 'Clip' && inputs.slice(1).every(name => name === '' || graph.tensor(name))))
  return isClipping ? (outputs[0] ?? output) : output
} // prettier-ignore

/** What lies on a way from one integer node that makes codes to another integer node. */
function betweenOf(
  graph: Graph,
  products: ReadonlyMap<Node, Product>,
  claimed: (node: Node) => boolean,
): ReadonlyMap<Node, Between> {
  const coded = new Set([...products.values()].filter(each => each.codesOutput).map(each => each.output))
  const joined = new Map<Node, Between>()
  for (const node of graph.nodes) {
    const between = products.has(node) || !claimed(node) ? undefined : betweenNode(graph, node)
    if (!between?.inputs.some(name => coded.has(name))) continue
    joined.set(node, between)
    coded.add(between.output)
  }
  for (const between of [...joined.values()].reverse()) {
    const readers = graph.users(between.output).map(use => use.node)
    if (!readers.some(node => products.has(node) || joined.has(node))) joined.delete(between.node)
  }
  return joined
}

function betweenNode(graph: Graph, node: Node): Between | undefined {
  const { op, domain, inputs, outputs } = node
  if (domain !== '' || outputs.filter(name => name !== '').length !== 1) return undefined
  const count = moving.has(op) ? 1 : (coding[op] ?? 0)
  if (count === 0 || (op === 'Resize' && textOf(node, 'mode', 'nearest') !== 'nearest')) return undefined
  const read = inputs.slice(0, count)
  const dynamic = read.filter(name => !graph.tensor(name))
  if (dynamic.some(name => !isFloatValue(graph, name)) || read.some(name => isLargeConstant(graph, name))) return undefined
  const output = moving.has(op) ? (outputs[0] ?? '') : behindClipping(graph, node)
  return { kind: 'between', node, inputs: [...new Set(dynamic)], output, codesOutput: true, moves: moving.has(op) }
} // prettier-ignore

function isFloatValue(graph: Graph, name: string): boolean {
  const type = graph.typeOf(name)
  return type === undefined || (type.kind === 'tensor' && (type.dtype ?? 'float32') === 'float32')
}

function isLargeConstant(graph: Graph, name: string): boolean {
  const tensor = graph.tensor(name)
  return tensor !== undefined && (tensor.dtype !== 'float32' || numbers(tensor) === undefined)
}
