// A convolution multiplies its filters, as rows [out, C·k], with the patches of its input under each position. To sum those up
// as the inputs of a product are, they are copied out by a convolution whose filters have a single one each:
//   rows [n·positions, C·k],   column c·k + j: the input of channel c under place j of the filter
import {
  Draft, elementCount, intOf, intsOf, memoryTensor, refuse, textOf, type Graph, type Node, type Refusal, type Tensor,   type Weight,
} from '@damson/graph' // prettier-ignore
import { encodeFloats } from '@damson/numerics'
import { ints } from './int-attributes.ts'

/** The rows that one convolution multiplies its filters with. */
export interface Patches {
  /** The name that the rows get. */
  readonly value: string
  readonly node: Node
  /** [out, C, k…] */
  readonly filters: Tensor
  /** Every so many-th position along each axis. */
  readonly step: number
}

/** Positions of a run that are looked at: neighbouring patches are nearly the same, and a step of two leaves a quarter of them. */
const enoughPositions = 256

/** What a weight that is coded as N rows is multiplied with, or why there are no such rows; `typed`: its graph with shapes. */
export function patchesOf(weight: Weight, N: number, typed: Graph): readonly Patches[] | Refusal {
  const filters = weight.tensor
  const patches = new Map<string, Patches>()
  for (const { node, input, scope } of weight.uses) {
    if (node.op !== 'Conv' || input !== 1) return refuse('is no single matrix that rows are multiplied with', weight)
    if (intOf(node, 'group', 1) !== 1) return refuse('is a convolution in groups, which have inputs of their own', weight)
    if (scope.path !== '') return refuse('is a convolution in a branch or a loop', weight)
    if (N !== filters.shape[0]) return refuse('is coded in other rows than its filters', weight)
    const value = rowsName(node, filters.shape)
    patches.set(value, { value, node, filters, step: stepOf(node, typed) })
  }
  return [...patches.values()]
} // prettier-ignore

/** Convolutions that see the same patches of a value share their rows, as products that read one value do. */
function rowsName(node: Node, [, ...filter]: readonly number[]): string {
  const settings = ['strides', 'pads', 'dilations'].map(name => intsOf(node, name, []).join())
  return [node.inputs[0], filter.join(), ...settings, textOf(node, 'auto_pad', '')].join('/')
}

function stepOf(node: Node, typed: Graph): number {
  // Where padding follows the stride, a larger one would look at other patches.
  if (!['NOTSET', 'VALID'].includes(textOf(node, 'auto_pad', 'NOTSET'))) return 1
  const type = typed.typeOf(node.outputs[0] ?? '')
  const sizes = (type?.kind === 'tensor' ? type.shape : undefined)?.slice(2) ?? []
  if (sizes.length === 0 || !sizes.every(size => typeof size === 'number')) return 2
  const positions = (step: number): number =>
    sizes.reduce<number>((product, size) => product * Math.ceil(size / step), 1)
  let step = 1
  while (positions(step) > enoughPositions) step++
  return step
}

/** The graph with the rows as values. */
export function withPatches(graph: Graph, patches: readonly Patches[]): Graph {
  if (patches.length === 0) return graph
  const draft = new Draft(graph)
  for (const each of new Map(patches.map(each => [each.value, each])).values()) addRows(draft, each)
  const { nodes, initializers, types } = draft.finish()
  return graph.with({ nodes, initializers, types })
}

function addRows(draft: Draft, { value, node, filters, step }: Patches): void {
  const [, ...filter] = filters.shape
  const kernel = filter.slice(1)
  const strides = intsOf(node, 'strides', kernel.map(() => 1)) // prettier-ignore
  const copies = draft.add({
    op: 'Conv',
    inputs: [node.inputs[0] ?? '', draft.addInitializer(`${value}_ones`, oneEach(filter, filters.dtype))],
    attributes: new Map([...node.attributes, ['strides', ints(strides.map(each => each * step))]]),
  })
  const last = [0, ...kernel.map((_, at) => at + 2), 1]
  draft.add({ op: 'Transpose', inputs: copies.outputs, outputs: [value], attributes: new Map([['perm', ints(last)]]) }) // prettier-ignore
}

/** [C·k, C, k…]: filter c·k + j has a one in channel c at place j. */
function oneEach(filter: readonly number[], dtype: Tensor['dtype']): Tensor {
  const K = elementCount(filter)
  const ones = new Float32Array(K * K)
  for (let k = 0; k < K; k++) ones[k * K + k] = 1
  return memoryTensor(dtype, [K, ...filter], dtype === 'float16' ? encodeFloats(ones, 'float16') : ones)
}
