// A weight of dynamic int8 as what takes its place: the coded tensors, and an operator for each consumer. Consumers without one
// read the weight decoded by plain operators, which ONNX Runtime folds when it makes a session: as fast as before, and smaller.
import type { Draft, Weight } from '@damson/graph'
import type { Int8Codes } from './int8-coding.ts'
import {
  emitConv, emitLeft, emitLookUp, emitProduct, first, reshaped, toFloat, type Int8Form, type Int8Names,
} from './int8-operators.ts' // prettier-ignore
import { emitAttention, emitLstm } from './int8-recurrent.ts'
import type { Int8Weight } from './int8-weights.ts'
import type { Replacement } from './replace-weights.ts'

export interface Int8Emission {
  /** In which operators products are written; default: those of ONNX. */
  readonly format?: 'fused' | 'standard'
  /** What writes a product instead. */
  readonly emitAny?: typeof emitProduct
}

/** The codes in the place of the weight, and the operators that read them in the place of its consumers. */
export function replaceInt8(
  found: Int8Weight,
  { codes, scales, zeroPoints, sums }: Int8Codes,
  { format = 'standard', emitAny = emitProduct }: Int8Emission = {},
): Replacement {
  const { weight, use, spec, coded, decoded } = found
  const form: Int8Form = {
    rank: weight.tensor.shape.length,
    perChannel: spec.axis !== undefined,
    half: weight.tensor.dtype === 'float16',
    columns: 'view' in use ? use.view.N : 0,
    // The operators of com.microsoft take one matrix alone.
    fused: format === 'fused' && weight.tensor.shape.length === 2,
    unturned: 'view' in use && use.form !== 'table' && use.view.layout === 'NK' && !spec.transposed,
  }
  const namesOf = (name: (suffix: string) => string): Int8Names =>
    ({
      codes: name('quantized'),
      scales: name('scale'),
      zeroPoints: name('zero_point'),
      sums: name('sums'),
    }) as const
  return {
    weight,
    tensors: { quantized: codes, scale: scales, zero_point: zeroPoints, sums },
    aside: ['scale', 'zero_point', 'sums'],
    emit: (draft, node, name) => {
      const names = namesOf(name)
      const by = coded.get(node)
      if (by?.form === 'table') emitLookUp(draft, node, names, form)
      if (by?.form === 'left') emitLeft(draft, node, names, form)
      if (by?.form === 'filter') emitConv(draft, node, names, form)
      if (by?.form === 'gates') emitLstm(draft, node, by.slot, names)
      if (by?.form === 'attention') emitAttention(draft, node, names)
      if (by?.form !== 'product') return
      for (const { node: reader } of by.readers)
        emitAny(draft, reader, names, form, found.sums?.get(reader)?.node)
      if (by.readers.every(reader => reader.node !== node)) draft.remove(node)
    },
    ...(decoded ? { decode: (draft, name) => emitDecoding(draft, weight, namesOf(name), found) } : {}),
  }
}

/** w = (q − z) · s, in the shape and type of the weight and under its name. */
function emitDecoding(draft: Draft, weight: Weight, names: Int8Names, { spec, use }: Int8Weight): void {
  const alongRows = spec.axis === 0 && use.form === 'product' && !spec.transposed
  const shaped = (name: string): string => (alongRows ? reshaped(draft, name, [-1, 1]) : name)
  const zero = toFloat(draft, shaped(names.zeroPoints))
  const shifted = first(draft.add({ op: 'Sub', inputs: [toFloat(draft, names.codes), zero] }))
  let last = draft.add({ op: 'Mul', inputs: [shifted, shaped(names.scales)] })
  if (spec.transposed) {
    const order = weight.tensor.shape.map((_, axis) => axis)
    const perm = [...order.slice(0, -2), ...order.slice(-2).toReversed()].map(BigInt)
    last = draft.add({
      op: 'Transpose',
      inputs: [first(last)],
      attributes: new Map([['perm', { type: 'ints', value: perm }]]),
    })
  }
  if (weight.tensor.dtype === 'float16')
    last = draft.add({
      op: 'Cast',
      inputs: [first(last)],
      attributes: new Map([['to', { type: 'int', value: 10n }]]),
    })
  draft.replace(last, { outputs: [weight.name] })
}
