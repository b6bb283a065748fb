// ONNX text inside TypeScript: onnx`(float[2,4] x) => (float[2,4] y) { y = Relu(x) }`. Numbers, names, shapes and tensors
// may be put in: float${[2, 4]} x, Clip<max = ${6.5}>, float[2] w = ${tensor}, Constant<value = ${tensor}>().
import type { Graph } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import { parse } from './parse.ts'
import { nameText, quote } from './words.ts'

/** What may stand in `${…}`: a number as it is, a string as a name, a list in brackets, a tensor as the content of one. */
export type Inset = number | bigint | string | readonly (number | bigint | string)[] | Tensor

/** The model of a text, with or without header. Throws a `text` error with line and column. */
export function onnx(strings: TemplateStringsArray, ...insets: readonly Inset[]): Graph {
  const tensors = new Map<string, Tensor>()
  const texts = insets.map(inset => insetText(inset, tensors))
  return parse(String.raw({ raw: strings.raw }, ...texts), { tensors })
}

function insetText(inset: Inset, tensors: Map<string, Tensor>): string {
  if (typeof inset === 'number' || typeof inset === 'bigint') return String(inset)
  if (typeof inset === 'string') return nameText(inset)
  if (isList(inset)) return `[${inset.map(each => insetText(each, tensors)).join(', ')}]`
  tensors.set(inset.key, inset)
  return `["key": ${quote(inset.key)}]`
}

function isList(inset: Inset): inset is readonly (number | bigint | string)[] {
  return Array.isArray(inset)
}
