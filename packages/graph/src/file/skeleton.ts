// The skeleton of a model file: all of it but the big payloads of its tensors, each of which leaves a mark that says
// where it lies. It is small enough to be decoded, and the writer makes the file from one by putting payloads back.
import { fromBinary, type Message } from '@bufbuild/protobuf'
import { WireType } from '@bufbuild/protobuf/wire'
import { ModelProtoSchema, type ModelProto } from 'onnx-buf'
import { walkModel, type Edit, type TensorField } from './walk.ts'
import { invalidModel, join, varint, type Reading } from './wire.ts'

/** A payload that was left in the file. `field` is its number in TensorProto. */
export interface Payload {
  readonly field: number
  readonly offset: number
  readonly length: number
}

/** A decoded skeleton. */
export interface Skeleton {
  readonly model: ModelProto
  readonly payloads: readonly Payload[]
}

/** Fields of TensorProto that may be big. */
export const tensorFields = { float: 4, int32: 5, int64: 7, raw: 9, double: 10, uint64: 11 } as const
const big: ReadonlySet<number> = new Set(Object.values(tensorFields))
/** Payloads up to this stay in the skeleton: tensors of up to 64 KiB are resident. */
export const residentBytes = 65536

/** From the range that protobuf keeps for its implementations, so no schema can use it. */
const markField = 19942
const markTag = varint(markField * 8 + WireType.LengthDelimited)

/** The field that stands for payload `index`. */
export function mark(index: number): { no: number; wireType: number; data: Uint8Array } {
  return { no: markField, wireType: WireType.LengthDelimited, data: markContent(index) }
}

function markContent(index: number): Uint8Array {
  const digits = varint(index)
  return join(varint(digits.length), digits)
}

/** Payload numbers marked in a tensor, and what else is unknown in it. */
export function marksOf(tensor: Message): {
  readonly indices: readonly number[]
  readonly unknown: NonNullable<Message['$unknown']>
} {
  const unknown = tensor.$unknown ?? []
  if (unknown.length === 0) return { indices: [], unknown }
  const indices = unknown
    .filter(field => field.no === markField)
    .map(field => readMark(field.data.subarray(1)))
  return { indices, unknown: unknown.filter(field => field.no !== markField) }
}

function readMark(digits: Uint8Array): number {
  return digits.reduceRight((value, digit) => value * 128 + (digit & 127), 0)
}

/** Reads the skeleton of a file of `size` bytes. Throws `invalid-model`. */
export function* readSkeleton(file: string, size: number): Reading<Skeleton> {
  const payloads: Payload[] = []
  const { edits, size: skeletonSize } = yield* walkModel(file, size, field => {
    if (field.number === markField) throw invalidModel(file, field.at, 'fields of ONNX', `field ${markField}`)
    const length = field.end - field.start
    if (length <= residentBytes || !big.has(field.number)) return undefined
    payloads.push({ field: field.number, offset: field.start, length })
    return { insert: join(markTag, markContent(payloads.length - 1)), gap: 0 }
  })
  const bytes = yield* cut(edits, size, skeletonSize)
  return { model: decode(file, bytes), payloads }
}

function decode(file: string, bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes, { recursionLimit: 256 })
  } catch (cause) {
    throw invalidModel(
      file,
      undefined,
      'a protobuf message',
      cause instanceof Error ? cause.message : 'another',
      cause,
    )
  }
}

function* cut(edits: readonly Edit[], size: number, skeletonSize: number): Reading<Uint8Array> {
  const bytes = new Uint8Array(skeletonSize)
  let from = 0
  let to = 0
  for (const { at, remove, insert } of [...edits, { at: size, remove: 0, insert: new Uint8Array(0) }]) {
    if (at > from) yield { at: from, length: at - from, into: bytes.subarray(to, to + at - from) }
    bytes.set(insert, to + at - from)
    to += at - from + insert.length
    from = at + remove
  }
  return bytes
}

/** A piece of a file to be written: bytes as they are, or payload `index` of `length` bytes. */
export type Piece =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'payload'; readonly index: number; readonly length: number }

/** The file that a skeleton with marks stands for, as pieces in order. `lengths[index]`: bytes of each payload. */
export function* expandSkeleton(skeleton: Uint8Array, lengths: readonly number[]): Reading<readonly Piece[]> {
  const rawTag = varint(tensorFields.raw * 8 + WireType.LengthDelimited)
  const order: number[] = []
  const { edits } = yield* walkModel('<graph>', skeleton.length, (field: TensorField) => {
    if (field.number !== markField) return undefined
    const index = readMark(skeleton.subarray(field.start, field.end))
    const gap = lengths[index] ?? 0
    order.push(index)
    return { insert: join(rawTag, varint(gap)), gap }
  })
  const pieces: Piece[] = []
  let from = 0
  for (const { at, remove, insert, gap } of edits) {
    pieces.push({ kind: 'bytes', bytes: join(skeleton.subarray(from, at), insert) })
    const index = gap > 0 ? order.shift() : undefined
    if (index !== undefined) pieces.push({ kind: 'payload', index, length: gap })
    from = at + remove
  }
  return [...pieces, { kind: 'bytes', bytes: skeleton.subarray(from) }]
}
