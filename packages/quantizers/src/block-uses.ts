// What the consumers of a weight do with it: a product along one axis, a look-up of rows, or something that reads the weight
// as a whole. A product and a look-up have operators that read codes; everything else reads what was decoded from them.
import {
  intOf, intsOf, refuse, Value, type Node, type Refusal, type Scope, type Visit, type Weight, type WeightUse,
} from '@damson/graph' // prettier-ignore

/** A weight as a matrix [K, N] or [N, K], row-major over all its elements; blocks run along K. */
export interface MatrixView {
  readonly K: number
  readonly N: number
  readonly layout: 'KN' | 'NK'
}

/** One consumer. `readers`: the products, which stand behind a Transpose where the consumer is one. */
export type BlockUse =
  | { readonly form: 'product'; readonly view: MatrixView; readonly readers: readonly Visit[] }
  | { readonly form: 'gather'; readonly view: MatrixView }
  | { readonly form: 'decoded'; readonly by: 'Conv' | 'other' }

/** What a consumer does with a weight, or why the weight has to stay for its sake. */
export function blockUseOf(use: WeightUse, { tensor: { shape } }: Weight): BlockUse | Refusal {
  const { node, input } = use
  if (node.domain !== '') return refuse(`is used by ${node.domain}.${node.op}`, node)
  if (node.op === 'Shape') return { form: 'decoded', by: 'other' }
  const factor = factors[node.op]
  if (factor && !factor.includes(input)) return refuse(`is a bias of ${node.op}`, node)
  if (node.op === 'MatMul' && input === 1) return matMul(use, shape)
  if (node.op === 'Gemm' && input === 1) return product([use], shape, intOf(node, 'transB', 0) !== 0)
  if (factor) return { form: 'decoded', by: node.op.startsWith('Conv') ? 'Conv' : 'other' }
  if (input !== 0 || !moving.has(node.op)) return refuse(`is used by ${node.op}`, node)
  return moved(use, shape)
}

/** Operators that multiply, and the inputs that they multiply. */
const factors: Readonly<Record<string, readonly number[]>> = {
  MatMul: [0, 1], Gemm: [0, 1], Einsum: [0, 1, 2, 3], Conv: [1], ConvTranspose: [1], LSTM: [1, 2], GRU: [1, 2], RNN: [1, 2],
} // prettier-ignore

/** Operators that only move what they are given. */
const moving: ReadonlySet<string> = new Set([
  'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Cast', 'Slice', 'Split', 'Gather', 'GatherND',
  'GatherElements', 'Expand',
]) // prettier-ignore

/** A stack of matrices is multiplied as a whole, unless it is a stack of one whose shape does not show in the product. */
function matMul(use: WeightUse, shape: readonly number[]): BlockUse {
  const stack = shape.slice(0, -2)
  const rank = new Value(use.node.inputs[0] ?? '', use.scope).shape?.length ?? 0
  const single = stack.every(size => size === 1) && (stack.length === 0 || rank >= shape.length)
  return single && shape.length >= 2
    ? product([use], shape.slice(-2), false)
    : { form: 'decoded', by: 'other' }
}

function product(
  readers: readonly Visit[],
  [rows = 0, columns = 0]: readonly number[],
  turned: boolean,
): BlockUse {
  const view: MatrixView = turned
    ? { K: columns, N: rows, layout: 'NK' }
    : { K: rows, N: columns, layout: 'KN' }
  return { form: 'product', view, readers }
}

function moved(use: WeightUse, shape: readonly number[]): BlockUse | Refusal {
  const { node, scope } = use
  const [rows = 0, columns = 0] = shape
  if (node.op === 'Gather' && shape.length === 2 && intOf(node, 'axis', 0) === 0) {
    return { form: 'gather', view: { K: columns, N: rows, layout: 'NK' } }
  }
  const readers = turnedReaders(node, scope, shape)
  if (readers) return product(readers, shape, true)
  const by = multiplierBehind(node, scope)
  return by ? { form: 'decoded', by } : refuse(`is used by ${node.op}`, node)
}

/** The products behind a Transpose of a matrix, where it serves nothing else. */
function turnedReaders(node: Node, scope: Scope, shape: readonly number[]): readonly Visit[] | undefined {
  const order = intsOf(node, 'perm', [1, 0])
  const name = node.outputs[0] ?? ''
  if (node.op !== 'Transpose' || shape.length !== 2 || order[0] !== 1 || scope.body.isOutput(name))
    return undefined
  const users = scope.body.users(name)
  const products = users.every(
    ({ node: { op, domain, attributes }, input }) =>
      domain === '' &&
      input === 1 &&
      (op === 'MatMul' || (op === 'Gemm' && intOf({ attributes }, 'transB', 0) === 0)),
  )
  return products && users.length > 0 ? users.map(user => ({ node: user.node, scope })) : undefined
}

/** What multiplies the outcome of a node that moves numbers, if something does. */
function multiplierBehind(node: Node, scope: Scope, depth = 8): 'Conv' | 'other' | undefined {
  if (depth === 0) return undefined
  for (const { node: user, input = -1 } of node.outputs.flatMap(name => scope.body.users(name))) {
    if (user.domain !== '') continue
    if (factors[user.op]?.includes(input)) return user.op.startsWith('Conv') ? 'Conv' : 'other'
    const further = input === 0 && moving.has(user.op) ? multiplierBehind(user, scope, depth - 1) : undefined
    if (further) return further
  }
  return undefined
}
