// Values whose channels can be scaled with no change of what the graph computes: whatever makes the value takes 1/s, all that
// read it take s. Of matrices these are the folds that AWQ scales too; of convolutions a pair with nothing between but what
// scaling passes by, f(cx) = c·f(x) for c > 0:
//   f(W₁x + b₁) W₂ = f(S⁻¹W₁x + S⁻¹b₁) S W₂
import { elementCount, intOf, weights, type Graph, type Node, type Weight } from '@damson/graph'
import type { MatrixWeight } from '../matrix-weights.ts'
import { foldsOf } from '../scale-folds.ts'

/** A weight with the channels that an element of it reads and makes. */
export interface Channelled {
  readonly weight: Weight
  readonly inputOf: (at: number) => number
  readonly outputOf: (at: number) => number
}

export interface Seam {
  readonly value: string
  readonly channels: number
  /** Axis of the channels in the value. */
  readonly axis: number
  /** Vectors [channels] that take 1/s: biases, and gains of norms. */
  readonly vectors: readonly Weight[]
  /** What makes the value, where it is a product: its outputs take 1/s. */
  readonly maker?: Channelled
  /** Their inputs take s. */
  readonly readers: readonly Channelled[]
}

/** Every seam of a graph. A weight may be maker of one and reader of another. */
export function seamsOf(graph: Graph): readonly Seam[] {
  const ofMatrices = foldsOf(graph).map(({ value, vectors, producer, readers }): Seam => ({
    value, vectors, axis: -1, channels: readers[0]?.K ?? 0, readers: readers.map(ofMatrix),
    ...(producer ? { maker: ofMatrix(producer) } : {}),
  })) // prettier-ignore
  return [...ofMatrices, ...convolutionSeams(graph)].filter(({ vectors, maker, readers }) =>
    [...vectors, ...[...readers, ...(maker ? [maker] : [])].map(each => each.weight)].every(isFloat32),
  )
}

/** All weights of a seam. */
export function weightsOfSeam({ vectors, maker, readers }: Seam): readonly Weight[] {
  return [...vectors, ...(maker ? [maker.weight] : []), ...readers.map(({ weight }) => weight)]
}

const isFloat32 = ({ tensor }: Weight): boolean => tensor.dtype === 'float32'

function ofMatrix({ weight, layout, K, N }: MatrixWeight): Channelled {
  const [row, column] = [(at: number) => Math.floor(at / (layout === 'KN' ? N : K)), (at: number) => at % (layout === 'KN' ? N : K)]
  return layout === 'KN' ? { weight, inputOf: row, outputOf: column } : { weight, inputOf: column, outputOf: row }
} // prettier-ignore

/** f(cx) = c·f(x) for positive c, channel by channel. */
const homogeneous: ReadonlySet<string> = new Set([
  'Relu', 'LeakyRelu', 'Identity', 'MaxPool', 'AveragePool', 'GlobalAveragePool',
]) // prettier-ignore

function convolutionSeams(graph: Graph): readonly Seam[] {
  const own = new Map(
    weights(graph)
      .filter(isOwn)
      .map(weight => [weight.name, weight]),
  )
  return graph.nodes.flatMap(node => {
    const maker = filterOf(node, own)
    if (!maker) return []
    const value = behindHomogeneous(graph, node.outputs[0] ?? '')
    const readers = graph.users(value).map(use => (use.input === 0 ? filterOf(use.node, own) : undefined))
    const known = readers.filter(reader => reader !== undefined)
    const bias = own.get(node.inputs[2] ?? '')
    if (graph.isOutput(value) || known.length === 0 || known.length < readers.length) return []
    if ((node.inputs[2] ?? '') !== '' && !bias) return []
    const channels = maker.weight.tensor.shape[0] ?? 0
    return [{ value, axis: 1, channels, vectors: bias ? [bias] : [], maker, readers: known }]
  })
}

/** A weight of the top graph that one node alone reads. */
function isOwn({ scope, storage, uses, isOutput }: Weight): boolean {
  return scope.path === '' && storage === 'initializer' && uses.length === 1 && uses[0]?.scope.path === '' && !isOutput
} // prettier-ignore

/** The filter [out, in/group, …] of a convolution. */
function filterOf(node: Node, own: ReadonlyMap<string, Weight>): Channelled | undefined {
  const weight = node.op === 'Conv' && node.domain === '' ? own.get(node.inputs[1] ?? '') : undefined
  const [outputs = 0, perGroup = 0] = weight?.tensor.shape ?? []
  if (!weight || outputs * perGroup === 0) return undefined
  const inGroup = outputs / intOf(node, 'group', 1)
  const perOutput = elementCount(weight.tensor.shape) / outputs
  const outputOf = (at: number): number => Math.floor(at / perOutput)
  const inputOf = (at: number): number =>
    Math.floor(outputOf(at) / inGroup) * perGroup + Math.floor((at % perOutput) / (perOutput / perGroup))
  return { weight, inputOf, outputOf }
} // prettier-ignore

/** The value behind everything that alone reads what is before it and lets scales pass. */
function behindHomogeneous(graph: Graph, value: string): string {
  const [use, ...others] = graph.users(value)
  if (!use || others.length > 0 || graph.isOutput(value)) return value
  const { op, domain, outputs } = use.node
  const passes = domain === '' && use.input === 0 && homogeneous.has(op) && outputs.filter(name => name !== '').length === 1
  return passes ? behindHomogeneous(graph, outputs[0] ?? '') : value
} // prettier-ignore
