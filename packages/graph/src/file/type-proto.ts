// TypeProto to and from the types of the IR. Denotations, and types of kinds unknown here, are leftovers.
import { create } from '@bufbuild/protobuf'
import {
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_MapSchema,
  TypeProto_OptionalSchema,
  TypeProto_SequenceSchema,
  TypeProto_SparseTensorSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type TensorShapeProto,
  type TypeProto,
} from 'onnx-buf'
import { dataTypeOfCode, dataTypes, type DataType } from '../dtype.ts'
import type { Dim, ValueType } from '../ir.ts'
import { given } from './rest.ts'
import { invalidModel } from './wire.ts'

/** The IR's type; undefined for one that is empty, incomplete or of a kind unknown here (opaque). */
export function decodeType(proto: TypeProto | undefined, file: string): ValueType | undefined {
  switch (proto?.value.case) {
    case 'tensorType':
      return { kind: 'tensor', ...decodeForm(proto.value.value.elemType, proto.value.value.shape, file) }
    case 'sparseTensorType':
      return {
        kind: 'sparse-tensor',
        ...decodeForm(proto.value.value.elemType, proto.value.value.shape, file),
      }
    case 'sequenceType': {
      const element = decodeType(proto.value.value.elemType, file)
      return element && { kind: 'sequence', element }
    }
    case 'optionalType': {
      const element = decodeType(proto.value.value.elemType, file)
      return element && { kind: 'optional', element }
    }
    case 'mapType': {
      const key = dataTypeOfCode(proto.value.value.keyType)
      const value = decodeType(proto.value.value.valueType, file)
      return key && value && { kind: 'map', key, value }
    }
    default:
      return undefined
  }
}

function decodeForm(
  code: number,
  shape: TensorShapeProto | undefined,
  file: string,
): { dtype?: DataType; shape?: readonly Dim[] } {
  const dims = shape?.dim.map(({ value }): Dim => {
    if (value.case === 'dimParam') return value.value === '' ? null : value.value
    if (value.case !== 'dimValue') return null
    if (Number.isSafeInteger(Number(value.value))) return Number(value.value)
    throw invalidModel(file, undefined, 'a dimension below 2^53', String(value.value))
  })
  return { ...given('dtype', dataTypeOfCode(code)), ...given('shape', dims) }
}

/** The message of a type. */
export function encodeType(type: ValueType): TypeProto {
  const proto = create(TypeProtoSchema)
  switch (type.kind) {
    case 'tensor':
      proto.value = { case: 'tensorType', value: create(TypeProto_TensorSchema, encodeForm(type)) }
      break
    case 'sparse-tensor':
      proto.value = {
        case: 'sparseTensorType',
        value: create(TypeProto_SparseTensorSchema, encodeForm(type)),
      }
      break
    case 'sequence':
      proto.value = {
        case: 'sequenceType',
        value: create(TypeProto_SequenceSchema, { elemType: encodeType(type.element) }),
      }
      break
    case 'optional':
      proto.value = {
        case: 'optionalType',
        value: create(TypeProto_OptionalSchema, { elemType: encodeType(type.element) }),
      }
      break
    case 'map': {
      const fields = { keyType: dataTypes[type.key].code, valueType: encodeType(type.value) }
      proto.value = { case: 'mapType', value: create(TypeProto_MapSchema, fields) }
    }
  }
  return proto
}

function encodeForm({ dtype, shape }: { readonly dtype?: DataType; readonly shape?: readonly Dim[] }): {
  elemType?: number
  shape?: TensorShapeProto
} {
  const dims = shape?.map(dim => {
    const proto = create(TensorShapeProto_DimensionSchema)
    if (typeof dim === 'number') proto.value = { case: 'dimValue', value: BigInt(dim) }
    else if (dim !== null) proto.value = { case: 'dimParam', value: dim }
    return proto
  })
  return {
    ...given('elemType', dtype && dataTypes[dtype].code),
    ...given('shape', dims && create(TensorShapeProtoSchema, { dim: dims })),
  }
}

/** The message itself when it holds more than the IR's type does: denotations, unknown fields, an unknown kind. */
export function typeRest(proto: TypeProto | undefined, type: ValueType | undefined): TypeProto | undefined {
  if (!proto) return undefined
  return type === undefined || hasNotes(proto) ? proto : undefined
}

function hasNotes(proto: TypeProto): boolean {
  if (proto.denotation !== '' || proto.$unknown?.length) return true
  const { value } = proto
  switch (value.case) {
    case 'tensorType':
    case 'sparseTensorType':
      return Boolean(
        value.value.$unknown?.length ||
        dimsOf(proto).some(dim => dim.denotation !== '' || dim.$unknown?.length),
      )
    case 'sequenceType':
    case 'optionalType':
      return Boolean(value.value.$unknown?.length || (value.value.elemType && hasNotes(value.value.elemType)))
    case 'mapType':
      return Boolean(
        value.value.$unknown?.length || (value.value.valueType && hasNotes(value.value.valueType)),
      )
    default:
      return false
  }
}

function dimsOf({ value }: TypeProto): TensorShapeProto['dim'] {
  return (
    (value.case === 'tensorType' || value.case === 'sparseTensorType' ? value.value.shape?.dim : undefined) ??
    []
  )
}

/** The message of a type, with the notes of the message it was read from where they still apply. */
export function encodeTypeWithRest(
  type: ValueType | undefined,
  rest: TypeProto | undefined,
): TypeProto | undefined {
  if (!type) return rest
  const proto = encodeType(type)
  if (rest) copyNotes(rest, proto)
  return proto
}

function copyNotes(from: TypeProto, to: TypeProto): void {
  if (from.denotation !== '') to.denotation = from.denotation
  if (from.$unknown) to.$unknown = from.$unknown
  const [a, b] = [from.value, to.value]
  if (a.value?.$unknown && a.case === b.case && b.value) b.value.$unknown = a.value.$unknown
  if (
    (a.case === 'sequenceType' || a.case === 'optionalType') &&
    (b.case === 'sequenceType' || b.case === 'optionalType')
  ) {
    if (a.value.elemType && b.value.elemType) copyNotes(a.value.elemType, b.value.elemType)
  } else if (a.case === 'mapType' && b.case === 'mapType') {
    if (a.value.valueType && b.value.valueType) copyNotes(a.value.valueType, b.value.valueType)
  } else if (dimsOf(from).length === dimsOf(to).length) {
    dimsOf(from).forEach((dim, at) => {
      const target = dimsOf(to)[at]
      if (target && dim.denotation !== '') target.denotation = dim.denotation
      if (target && dim.$unknown) target.$unknown = dim.$unknown
    })
  }
}
