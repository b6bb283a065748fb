// Types and value infos as ONNX text.
import { dataTypes } from '../dtype.ts'
import type { Dim, ValueInfo, ValueType } from '../ir.ts'
import { bareOrQuoted, nameText } from './words.ts'

/** `float[2,N]`, `seq(float[])`, `optional(…)`, `map(int64, float)`, `sparse_tensor(float[3])`. */
export function typeText(type: ValueType): string {
  switch (type.kind) {
    case 'tensor':
      return tensorTypeText(type)
    case 'sparse-tensor':
      return `sparse_tensor(${tensorTypeText(type)})`
    case 'sequence':
      return `seq(${typeText(type.element)})`
    case 'optional':
      return `optional(${typeText(type.element)})`
    case 'map':
      return `map(${dataTypes[type.key].text}, ${typeText(type.value)})`
  }
}

function tensorTypeText(type: Extract<ValueType, { kind: 'tensor' | 'sparse-tensor' }>): string {
  const element = type.dtype ? dataTypes[type.dtype].text : 'undefined'
  if (!type.shape) return `${element}[]`
  return type.shape.length === 0 ? element : `${element}[${type.shape.map(dimText).join(',')}]`
}

function dimText(dim: Dim): string {
  if (dim === null) return '?'
  return typeof dim === 'number' ? String(dim) : bareOrQuoted(dim)
}

/** `float[2] x`; the name alone when nothing is known of its type. */
export function valueText(info: ValueInfo): string {
  return info.type ? `${typeText(info.type)} ${nameText(info.name)}` : nameText(info.name)
}
