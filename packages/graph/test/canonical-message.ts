// A model file as a plain tree in which only the spelling is evened out: where tensors keep their bytes, defaults that
// are written or left out, two names of the ONNX domain. Made straight from the decoded messages, without the reader
// under test, so that equal trees before and after a round trip mean that nothing was lost.
import { createHash } from 'node:crypto'
import { isMessage, fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, TensorProtoSchema, type TensorProto } from 'onnx-buf'

const eightByte = new Set([7, 13])
const oneByte = new Set([2, 3, 9, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26])
const twoByte = new Set([4, 5, 10, 16])

/** `external` gives the bytes of an external file by location. */
export function canonicalModel(bytes: Uint8Array, external: (location: string) => Uint8Array): unknown {
  return canonical(fromBinary(ModelProtoSchema, bytes), external)
}

function canonical(value: unknown, external: (location: string) => Uint8Array): unknown {
  if (isMessage(value, TensorProtoSchema)) return canonicalTensor(value, external)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(each => canonical(each, external))
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value
  const fields = Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
    if (field === '' || field === 0n || field === undefined || (Array.isArray(field) && field.length === 0))
      return []
    if (name === 'domain' && field === 'ai.onnx') return []
    return [[name, canonical(field, external)] as const]
  })
  return Object.fromEntries(fields)
}

function canonicalTensor(proto: TensorProto, external: (location: string) => Uint8Array): unknown {
  const { dims, dataType, name, docString, metadataProps, stringData } = proto
  const unknown = proto.$unknown?.map(field => [
    field.no,
    field.wireType,
    Buffer.from(field.data).toString('hex'),
  ])
  return {
    dims: dims.map(String),
    dataType,
    name,
    docString,
    metadataProps: canonical(metadataProps, external),
    strings: canonical(stringData, external),
    unknown: unknown ?? [],
    content: createHash('sha256').update(rawBytes(proto, external)).digest('hex'),
  }
}

function rawBytes(proto: TensorProto, external: (location: string) => Uint8Array): Uint8Array {
  if (proto.externalData.length > 0) {
    const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]))
    const offset = Number(entries.get('offset') ?? 0)
    return external(entries.get('location') ?? '').subarray(
      offset,
      offset + Number(entries.get('length') ?? Infinity),
    )
  }
  if (Object.hasOwn(proto, 'rawData')) return proto.rawData
  if (proto.floatData.length > 0) return new Uint8Array(Float32Array.from(proto.floatData).buffer)
  if (proto.doubleData.length > 0) return new Uint8Array(Float64Array.from(proto.doubleData).buffer)
  const integers = [proto.int32Data.map(BigInt), proto.int64Data, proto.uint64Data].flat()
  const width = eightByte.has(proto.dataType)
    ? 8
    : oneByte.has(proto.dataType)
      ? 1
      : twoByte.has(proto.dataType)
        ? 2
        : 4
  return Uint8Array.from(
    integers.flatMap(value =>
      Array.from({ length: width }, (_, at) => Number(BigInt.asUintN(8, value >> BigInt(8 * at)))),
    ),
  )
}
