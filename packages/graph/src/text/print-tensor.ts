// Tensor contents as ONNX text: the elements, or `["key": "…"]` where they are left out.
import type { SparseTensor } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import { cellsOf } from './cells.ts'
import { typeText } from './print-type.ts'
import { quote } from './words.ts'

/** `elide`: tensors of more than 16 elements are named by key. `all`: every tensor whose bytes are in memory is written. */
export type TensorMode = 'elide' | 'all'

const few = 16

/** `{1, 2}` or `["key": "…"]`: what stands behind the type. */
export function contentText(tensor: Tensor, mode: TensorMode): string {
  const elements = tensor.shape.reduce((product, dim) => product * dim, 1)
  const cells = mode === 'all' || elements <= few ? cellsOrStrings(tensor) : undefined
  return cells ? `{${cells.join(', ')}}` : `["key": ${quote(tensor.key)}]`
}

function cellsOrStrings(tensor: Tensor): readonly string[] | undefined {
  if (tensor.rawStrings) return undefined
  return tensor.strings?.map(quote) ?? cellsOf(tensor)
}

/** `float[2] {1, 2}`. */
export function tensorText(tensor: Tensor, mode: TensorMode): string {
  const content = contentText(tensor, mode)
  // Before pairs the official parser wants an equals sign, or takes the type for a value of its own.
  const link = content.startsWith('[') ? ' = ' : ' '
  return `${typeText({ kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape })}${link}${content}`
}

/** `{float[2] {1, 2}, int64[2] {0, 5}}`: values, indices. */
export function sparseText(tensor: SparseTensor, mode: TensorMode): string {
  return `{${tensorText(tensor.values, mode)}, ${tensorText(tensor.indices, mode)}}`
}

/** The type of a sparse tensor. */
export function sparseTypeText({ shape, values }: SparseTensor): string {
  return typeText({ kind: 'sparse-tensor', dtype: values.dtype, shape })
}
