// The tensor of a Constant node, in whichever of its forms it is written.
import type { Node } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import { stringTensor, tensorOf } from '../tensors/memory-tensor.ts'

/** The constant of a Constant node: `value`, `value_int(s)`, `value_float(s)`, `value_string(s)`. Undefined for other nodes and sparse values. */
export function constantTensor(node: Node): Tensor | undefined {
  if (node.op !== 'Constant' || node.domain !== '') return undefined
  for (const [name, attribute] of node.attributes) {
    const { type, value } = attribute
    if (name === 'value' && type === 'tensor') return value
    if (name === 'value_int' && type === 'int') return tensorOf('int64', [], [value])
    if (name === 'value_ints' && type === 'ints') return tensorOf('int64', [value.length], value)
    if (name === 'value_float' && type === 'float') return tensorOf('float32', [], [value])
    if (name === 'value_floats' && type === 'floats') return tensorOf('float32', [value.length], value)
    if (name === 'value_string' && type === 'string') return strings([], [value])
    if (name === 'value_strings' && type === 'strings') return strings([value.length], value)
  }
  return undefined
}

function strings(shape: readonly number[], value: readonly (string | Uint8Array)[]): Tensor | undefined {
  const texts = value.filter(each => typeof each === 'string')
  return texts.length === value.length ? stringTensor(shape, texts) : undefined
}
