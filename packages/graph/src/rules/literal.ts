// Numbers in terms. In a pattern they stand for constants of any element type; in a replacement they become constants of
// the element type that the place asks for.
import { dataTypes, type DataType } from '../dtype.ts'
import { isBroadcasting } from '../ops/algebra.ts'
import type { Node } from '../ir.ts'
import { Value, type Scope } from '../scope.ts'
import type { Tensor } from '../tensor.ts'
import { numbers } from '../tensors/elements.ts'
import { tensorOf } from '../tensors/memory-tensor.ts'

/** A number or a list of numbers, as terms write constants. */
export type Literal = number | readonly number[]

/**
 * Relative distance within which a constant counts as a literal that its type cannot hold: √2 as float32 differs from
 * Math.SQRT2 by 2e-8, and exporters also write it with six to ten digits. Literals that the type holds must be equal.
 */
const rounding: Partial<Readonly<Record<DataType, number>>> = {
  float64: 1e-6,
  float32: 1e-6,
  float16: 1e-3,
  bfloat16: 1e-2,
}

/** True when a constant element is the literal, in the sense of `rounding`. */
export function near(actual: number, literal: number, dtype: DataType): boolean {
  if (actual === literal) return true
  const held = dataTypes[dtype].kind !== 'float' || numbers(literalTensor(literal, dtype))?.[0] === literal
  return !held && Math.abs(actual - literal) <= (rounding[dtype] ?? 0) * Math.abs(literal)
}

/** Why an input of a node is not the literal; undefined when it is. */
export function literalMismatch(
  literal: Literal,
  name: string,
  node: Node,
  scope: Scope,
): string | undefined {
  const tensor = new Value(name, scope).tensor
  if (!tensor) return `expected the constant ${text(literal)}`
  const values = numbers(tensor)
  if (!values) return `expected the constant ${text(literal)}, its ${tensor.dtype} elements are not in memory`
  const list = typeof literal === 'number' ? [literal] : literal
  const same =
    values.length === list.length && values.every((each, at) => near(each, list[at] ?? NaN, tensor.dtype))
  if (!same) return `expected the constant ${text(literal)}, got ${text(values.slice(0, 4))}`
  if (typeof literal !== 'number') return tensor.shape.length === 1 ? undefined : 'expected a 1-D constant'
  return addsRank(tensor, name, node, scope)
    ? `its rank ${tensor.shape.length} may raise the result's`
    : undefined
}

/** A one-element constant of rank 1 or more stands for a scalar only where another input has at least its rank. */
function addsRank(tensor: Tensor, name: string, node: Node, scope: Scope): boolean {
  const rank = tensor.shape.length
  if (rank === 0) return false
  if (!isBroadcasting(node.domain, node.op)) return true
  const others = node.inputs.filter(input => input !== name && input !== '')
  return !others.some(input => (new Value(input, scope).shape?.length ?? 0) >= rank)
}

/** The constant that a literal becomes: a scalar, or 1-D. */
export function literalTensor(literal: Literal, dtype: DataType): Tensor {
  const list = typeof literal === 'number' ? [literal] : literal
  const wide = dtype === 'int64' || dtype === 'uint64'
  const values = wide ? list.map(each => BigInt(Math.trunc(each))) : list
  return tensorOf(dtype, typeof literal === 'number' ? [] : [list.length], values)
}

function text(literal: Literal): string {
  return typeof literal === 'number' ? String(literal) : `[${literal.join(', ')}]`
}
