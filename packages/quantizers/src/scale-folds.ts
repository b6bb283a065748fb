// Where scales of the inputs of weights can go: into whatever makes the value that the weights read. A norm's gain and bias, the
// columns of a matrix and its bias take 1/s, so that rows multiplied by s leave every output as it was:
//   (x / s)(s ∘ W) = xW,   with x = n(·)·g + b,   x = aV + b,   x = ReLU(aV + b),   x = u ∘ (aV)
import { elementCount, intOf, isRefusal, weights, type Graph, type Node, type Weight } from '@damson/graph'
import { matrixOf, type MatrixWeight } from './matrix-weights.ts'

/** A value whose columns can be scaled. */
export interface Fold {
  readonly value: string
  /** Vectors [K] that take 1/s: gains and biases. */
  readonly vectors: readonly Weight[]
  /** The matrix whose columns take 1/s, where a product makes the value. */
  readonly producer?: MatrixWeight
  /** All that read the value: their rows take s. */
  readonly readers: readonly MatrixWeight[]
}

/** Values of the top graph that only products read, and whose maker takes scales. */
export function foldsOf(graph: Graph): readonly Fold[] {
  const plain = weights(graph).filter(isPlain)
  const byName = new Map(plain.map(weight => [weight.name, weight]))
  const values = new Set(plain.map(({ uses: [use] }) => use?.node.inputs[0] ?? ''))
  return [...values].flatMap(value => {
    const readers = readersOf(graph, value, byName)
    if (!readers) return []
    const maker = makerOf(graph, value, readers[0]?.K ?? 0, byName)
    return maker ? [{ value, readers, ...maker }] : []
  })
}

/** A weight of the top graph that serves one node alone, so that changing it changes nothing else. */
function isPlain({ scope, storage, uses, isOutput, tensor }: Weight): boolean {
  const own = uses.length === 1 && uses[0]?.scope.path === '' && !isOutput
  return scope.path === '' && storage === 'initializer' && own && /^float(16|32)$/.test(tensor.dtype)
}

type ByName = ReadonlyMap<string, Weight>

/** The matrices that read a value, if nothing else does but a question for its shape. */
function readersOf(graph: Graph, value: string, byName: ByName): readonly MatrixWeight[] | undefined {
  if (graph.isOutput(value)) return undefined
  const users = graph.users(value).filter(({ node }) => node.op !== 'Shape')
  const readers = users.map(({ node, input }) => {
    const weight = input === 0 ? byName.get(node.inputs[1] ?? '') : undefined
    const matrix = weight && matrixOf(weight)
    return matrix && !isRefusal(matrix) && matrix.use !== 'gather' ? matrix : undefined
  })
  const known = readers.filter(reader => reader !== undefined)
  return known.length === users.length && known.length > 0 ? known : undefined
}

type Maker = Pick<Fold, 'vectors' | 'producer'>

/** What makes a value, back through what scaling passes by unchanged. */
function makerOf(graph: Graph, value: string, K: number, byName: ByName): Maker | undefined {
  const node = graph.producer(value)
  if (!node || node.outputs[0] !== value) return undefined
  const vector = (at: number): Weight | undefined => vectorOf(byName.get(node.inputs[at] ?? ''), K)
  if (norms.has(node.op)) return normOf(node, vector)
  if (node.domain !== '') return undefined
  if (node.op === 'MatMul' || node.op === 'Gemm') return producerOf(node, K, byName, vector)
  const own = (name: string): boolean =>
    !graph.isOutput(name) && graph.users(name).filter(({ node: user }) => user.op !== 'Shape').length === 1
  const before = (at: number): Maker | undefined => {
    const name = node.inputs[at] ?? ''
    return own(name) ? makerOf(graph, name, K, byName) : undefined
  }
  if (homogeneous.has(node.op)) return before(0)
  const [left, right] = [vector(0), vector(1)]
  if (node.op === 'Mul') {
    const gain = left ?? right
    return gain ? { vectors: [gain] } : (before(1) ?? before(0))
  }
  const bias = left ?? right
  const rest = node.op === 'Add' && bias ? before(left ? 1 : 0) : undefined
  return rest && bias ? { ...rest, vectors: [...rest.vectors, bias] } : undefined
}

/** f(cx) = c·f(x) for positive c. */
const homogeneous: ReadonlySet<string> = new Set(['Relu', 'LeakyRelu', 'Identity', 'Dropout'])

/** Inputs that are gains and biases. */
const norms: ReadonlyMap<string, readonly number[]> = new Map([
  ['LayerNormalization', [1, 2]],
  ['SimplifiedLayerNormalization', [1]],
  ['RMSNormalization', [1]],
  ['SkipLayerNormalization', [2, 3]],
  ['SkipSimplifiedLayerNormalization', [2]],
])

function normOf(node: Node, vector: (at: number) => Weight | undefined): Maker | undefined {
  const slots = (norms.get(node.op) ?? []).filter(at => (node.inputs[at] ?? '') !== '')
  const vectors = slots.map(vector)
  const known = vectors.filter(weight => weight !== undefined)
  return known.length === slots.length && known.length > 0 ? { vectors: known } : undefined
}

function producerOf(
  node: Node,
  K: number,
  byName: ByName,
  vector: (at: number) => Weight | undefined,
): Maker | undefined {
  const weight = byName.get(node.inputs[1] ?? '')
  const matrix = weight && matrixOf(weight)
  if (!matrix || isRefusal(matrix) || matrix.N !== K) return undefined
  const biased = node.op === 'Gemm' && (node.inputs[2] ?? '') !== ''
  const bias = biased ? vector(2) : undefined
  if (biased && (!bias || intOf(node, 'transA', 0) !== 0)) return undefined
  return { producer: matrix, vectors: bias ? [bias] : [] }
}

/** A weight of K numbers along the last axis. */
function vectorOf(weight: Weight | undefined, K: number): Weight | undefined {
  if (!weight) return undefined
  const { shape } = weight.tensor
  return shape.at(-1) === K && elementCount(shape) === K ? weight : undefined
}
