// Models whose numbers are rounded as a coder would round them, while all arithmetic stays in floating point: what no
// emission of the same codes can beat but by chance.
import { Draft, memoryTensor, toTypedArray, weights, type Graph, type Node, type Weight } from '@damson/graph'

/** How numbers are rounded. */
export interface Rounding {
  readonly bits: number
  /** Numbers that share a scale along the axis that is summed over. */
  readonly blockSize: number
  readonly symmetric: boolean
  /** Activations that go into products are rounded too: 8 bits, the range of each run. */
  readonly activations?: true
}

const products = new Set(['MatMul', 'Gemm', 'Conv'])
const slots: Readonly<Record<string, number>> = { MatMul: 1, Gemm: 1, Conv: 1, ConvTranspose: 1, Gather: 0 }

/** The graph with its weights (and the inputs of its products) rounded. Weights of nested bodies stay. */
export async function fakeQuantize(graph: Graph, rounding: Rounding): Promise<Graph> {
  const draft = new Draft(graph)
  for (const weight of weights(graph)) {
    const lines = linesOf(weight)
    if (lines === undefined) continue
    const values = await toTypedArray(weight.tensor)
    if (!(values instanceof Float32Array)) continue
    const tensor = memoryTensor('float32', weight.tensor.shape, roundLines(values, lines, rounding))
    if (weight.storage === 'initializer') draft.setInitializer(weight.name, tensor)
    else exchangeConstant(draft, weight, tensor)
  }
  if (rounding.activations) roundInputs(draft, new Set(weights(graph).map(({ name }) => name)))
  const { nodes, initializers, types } = draft.finish()
  return graph.with({ nodes, initializers, types })
}

/** The numbers that are summed over for one output: `count` lines of `length` numbers, `stride` apart. */
interface Lines {
  readonly count: number
  readonly length: number
  readonly stride: number
}

/** MatMul reads [K, N] in columns; everything else has its outputs first and is read in rows. */
function linesOf({ tensor, uses, scope }: Weight): Lines | undefined {
  const [use] = uses
  const read = uses.every(({ node, input }) => slots[node.op] === input && node.domain === '')
  const { shape } = tensor
  if (!use || !read || scope.path !== '' || tensor.dtype !== 'float32' || shape.length < 2) return undefined
  const [first = 1, ...rest] = shape
  const columns = use.node.op === 'MatMul' || (use.node.op === 'Gemm' && !isTransposed(use.node))
  if (columns && shape.length > 2) return undefined
  const size = rest.reduce((product, each) => product * each, 1)
  return columns ? { count: size, length: first, stride: size } : { count: first, length: size, stride: 1 }
}

function roundLines(
  values: Float32Array,
  { count, length, stride }: Lines,
  rounding: Rounding,
): Float32Array {
  const rounded = values.slice()
  for (let line = 0; line < count; line++) {
    const start = stride === 1 ? line * length : line
    for (let from = 0; from < length; from += rounding.blockSize) {
      const to = Math.min(length, from + rounding.blockSize)
      const at = Array.from({ length: to - from }, (_, i) => start + (from + i) * stride)
      roundBlock(rounded, at, rounding)
    }
  }
  return rounded
}

/** symmetric: s = w_max / -2^(b-1), w_max of largest magnitude; else s = (max - min) / (2^b - 1), z = round(-min / s). */
function roundBlock(values: Float32Array, at: readonly number[], { bits, symmetric }: Rounding): void {
  const block = at.map(i => values[i] ?? 0)
  const [low, high] = [Math.min(0, ...block), Math.max(0, ...block)]
  const half = 2 ** (bits - 1)
  const largest = -low > high ? low : high
  const scale = symmetric ? -largest / half : (high - low) / (2 * half - 1)
  const zero = symmetric ? half : Math.round(-low / scale)
  for (const i of at) {
    const code = Math.min(2 * half - 1, Math.max(0, Math.round((values[i] ?? 0) / scale) + zero))
    values[i] = scale === 0 ? 0 : (code - zero) * scale
  }
}

function isTransposed(node: Node): boolean {
  const found = node.attributes.get('transB')
  return found?.type === 'int' && found.value === 1n
}

function exchangeConstant(draft: Draft, { name }: Weight, tensor: ReturnType<typeof memoryTensor>): void {
  for (const node of [...draft.nodes]) if (node.outputs[0] === name) draft.remove(node)
  draft.setInitializer(name, tensor)
}

/** x becomes (q − z)·s with the codes of DynamicQuantizeLinear, once for all products that read it, unless it is a constant. */
function roundInputs(draft: Draft, constants: ReadonlySet<string>): void {
  const rounded = new Map<string, string>()
  const round = (name: string): string => {
    const before = rounded.get(name)
    if (before !== undefined) return before
    const outputs = ['codes', 'scale', 'zero'].map(each => `${name}_rounded_${each}`)
    draft.add({ op: 'DynamicQuantizeLinear', inputs: [name], outputs })
    const made = draft.add({ op: 'DequantizeLinear', inputs: outputs }).outputs[0] ?? name
    rounded.set(name, made)
    return made
  }
  for (const node of draft.nodes) {
    if (!products.has(node.op) || node.domain !== '') continue
    const inputs = node.inputs.map((name, at) => (at > 1 || constants.has(name) ? name : round(name)))
    draft.replace(node, { op: node.op, inputs, attributes: node.attributes })
  }
}
