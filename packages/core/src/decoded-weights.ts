// Codes that plain operators decode when a session is made: what quantizers write where no operator reads codes. It is
// Mul(Sub(codes, zero points), scales), with Casts, shapes and the unpacking of bytes in between, or Mul(Cast(codes), scales)
// of 8-bit floats and of signed bytes. Signs, a bit each, are spread to codes by a table: Gather(table, Cast(signs)), whoever
// reads those.
import { resolve, type DataType, type Node, type Scope, type WeightUse } from '@damson/graph'

const narrow: ReadonlySet<DataType> = new Set(['uint8', 'int8', 'uint4', 'int4', 'uint2', 'int2'])
const between = new Set(['Cast', 'Reshape', 'Mul', 'Floor', 'Mod', 'Slice', 'Add'])

/** `codes` for codes and zero points of such a weight, `aside` for its scales; undefined for everything else. */
export function slotInDecoding(use: WeightUse, dtype: DataType): 'codes' | 'aside' | undefined {
  if (use.node.domain !== '') return undefined
  if (dtype.startsWith('float8')) return use.node.op === 'Cast' ? 'codes' : undefined
  if (narrow.has(dtype)) {
    const decoded = use.node.op === 'Cast' && reaches(use.node, use.scope, 'Sub')
    return decoded || isSpread(use) || (dtype === 'int8' && isScaled(use)) ? 'codes' : undefined
  }
  const place = use.node.op === 'Mul' ? use : scalingBehind(use.node, use.scope)
  if (!place) return undefined
  const producer = producerOf(place.node.inputs[1 - (place.input ?? 1)], use.scope)
  if (producer?.op === 'Cast' && isSigned(producer.inputs[0], use.scope)) return 'aside'
  return producer?.op === 'Sub' && comesFromCodes(producer, use.scope) ? 'aside' : undefined
}

/** Bytes that say which row of a table of bytes stands for them. */
function isSpread({ node, scope }: WeightUse): boolean {
  if (node.op !== 'Cast') return false
  const users = scope.body.users(node.outputs[0] ?? '')
  return users.length > 0 && users.every(user => user.input === 1 && isTable(user.node, scope))
}

function isTable({ op, inputs: [name = ''] }: Node, scope: Scope): boolean {
  const tensor = op === 'Gather' ? resolve(scope, name)?.body.tensor(name) : undefined
  return tensor !== undefined && narrow.has(tensor.dtype) && tensor.shape[0] === 256
}

/** A constant of 8-bit floats or of signed bytes: both code 0 as 0. */
function isSigned(name = '', scope: Scope): boolean {
  const dtype = resolve(scope, name)?.body.tensor(name)?.dtype
  return dtype === 'int8' || dtype?.startsWith('float8') === true
}

/** Signed bytes that are cast and multiplied with a constant. */
function isScaled({ node, scope }: WeightUse): boolean {
  if (node.op !== 'Cast') return false
  const users = scope.body.users(node.outputs[0] ?? '')
  const isScale = (name = ''): boolean => resolve(scope, name)?.body.tensor(name) !== undefined
  return users.length > 0 && users.every(user => user.node.op === 'Mul' && isScale(user.node.inputs[1 - (user.input ?? 0)]))
} // prettier-ignore

function producerOf(name: string | undefined, scope: Scope): Node | undefined {
  return name === undefined ? undefined : resolve(scope, name)?.body.producer(name)
}

/** True if one operator after another leads to `op`. */
function reaches(node: Node, scope: Scope, op: string): boolean {
  for (let now: Node | undefined = node, steps = 0; now && steps < 10; steps++) {
    if (now.op === op) return true
    now = between.has(now.op) ? scope.body.users(now.outputs[0] ?? '')[0]?.node : undefined
  }
  return false
}

/** The multiplication behind a Cast and a Reshape of scales. */
function scalingBehind(
  node: Node,
  scope: Scope,
): { readonly node: Node; readonly input?: number } | undefined {
  if (node.op !== 'Cast' && node.op !== 'Reshape') return undefined
  const [user, ...others] = scope.body.users(node.outputs[0] ?? '')
  if (!user || others.length > 0) return undefined
  return user.node.op === 'Mul' ? user : scalingBehind(user.node, scope)
}

function comesFromCodes(shifted: Node, scope: Scope): boolean {
  for (let now = producerOf(shifted.inputs[0], scope); now;) {
    const spread = isTable(now, scope)
    if (!spread && !between.has(now.op)) return false
    const name = now.inputs[spread ? 1 : 0] ?? ''
    const tensor = resolve(scope, name)?.body.tensor(name)
    if (now.op === 'Cast' && tensor) return narrow.has(tensor.dtype)
    now = producerOf(name, scope)
  }
  return false
}
