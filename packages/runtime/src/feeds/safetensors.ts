// Arrays in the safetensors format: eight bytes of length, a JSON header of that length, raw little-endian data. Only the
// header is read at once; each array when it is asked for. A header is checked whole before anything is believed.
// Source: the format's specification (huggingface/safetensors, README).
import type { Elements, TensorData } from '@damson/core'
import { DamsonError, type DataType, type Source } from '@damson/graph'
import { arrayOf } from '../ort/element-types.ts'

/** Names of the format; bfloat16 is widened, which changes no value. */
const types: Readonly<Record<string, { readonly dtype: DataType; readonly bytes: number }>> = {
  F64: { dtype: 'float64', bytes: 8 },
  F32: { dtype: 'float32', bytes: 4 },
  F16: { dtype: 'float16', bytes: 2 },
  BF16: { dtype: 'float32', bytes: 2 },
  I64: { dtype: 'int64', bytes: 8 },
  I32: { dtype: 'int32', bytes: 4 },
  I16: { dtype: 'int16', bytes: 2 },
  I8: { dtype: 'int8', bytes: 1 },
  U64: { dtype: 'uint64', bytes: 8 },
  U32: { dtype: 'uint32', bytes: 4 },
  U16: { dtype: 'uint16', bytes: 2 },
  U8: { dtype: 'uint8', bytes: 1 },
  BOOL: { dtype: 'bool', bytes: 1 },
}

/** Named arrays of one file, read one by one. */
export interface ArrayFile {
  readonly names: readonly string[]
  /** Throws for names that are not there, and what reading throws. */
  read(name: string): Promise<TensorData>
}

interface Entry {
  readonly type: string
  readonly shape: readonly number[]
  readonly start: number
  readonly length: number
}

/** The limit that the format's own reader has for headers. */
const largestHeader = 100_000_000

/** Opens a safetensors file. Throws `invalid-safetensors` for anything that does not add up. */
export async function openSafetensors(source: Source): Promise<ArrayFile> {
  const entries = await readHeader(source)
  return {
    names: [...entries.keys()],
    read: async name => {
      const entry = entries.get(name)
      if (!entry) throw invalid(source, `an array "${name}"`, 'none of that name')
      const bytes = new Uint8Array(entry.length)
      await source.read(entry.start, bytes)
      return tensorOf(entry, bytes)
    },
  }
}

async function readHeader(source: Source): Promise<ReadonlyMap<string, Entry>> {
  if (source.size < 8) throw invalid(source, 'at least 8 bytes', `${source.size}`)
  const prefix = new Uint8Array(8)
  await source.read(0, prefix)
  const length = new DataView(prefix.buffer).getBigUint64(0, true)
  if (length > BigInt(Math.min(largestHeader, source.size - 8)))
    throw invalid(
      source,
      `a header of at most ${Math.min(largestHeader, source.size - 8)} bytes`,
      `${length}`,
    )
  const bytes = new Uint8Array(Number(length))
  await source.read(8, bytes)
  const start = 8 + bytes.length
  const found = new Map<string, Entry>()
  for (const [name, value] of Object.entries(headerOf(source, bytes)))
    if (name !== '__metadata__') found.set(name, entryOf(source, name, value, start))
  return found
}

function headerOf(source: Source, bytes: Uint8Array): object {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw invalid(source, 'a header in JSON', String(cause))
  }
  if (typeof header === 'object' && header !== null && !Array.isArray(header)) return header
  throw invalid(source, 'an object as header', Array.isArray(header) ? 'a list' : String(header))
}

function entryOf(source: Source, name: string, value: unknown, start: number): Entry {
  const fields: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : {}
  const { dtype, shape, data_offsets: offsets } = fields
  const type = typeof dtype === 'string' && Object.hasOwn(types, dtype) ? types[dtype] : undefined
  if (typeof dtype !== 'string' || !type)
    throw invalid(
      source,
      `"${name}" of one of the types ${Object.keys(types).join(' ')}`,
      JSON.stringify(dtype),
    )
  if (!isSizes(shape)) throw invalid(source, `a shape of whole numbers for "${name}"`, JSON.stringify(shape))
  const [from, to] = isSizes(offsets) && offsets.length === 2 ? offsets : []
  if (from === undefined || to === undefined || to < from || start + to > source.size)
    throw invalid(source, `offsets of "${name}" inside the file`, JSON.stringify(offsets))
  const length = shape.reduce((product, size) => product * size, type.bytes)
  if (length !== to - from)
    throw invalid(source, `${length} bytes for "${name}", which is ${dtype}[${shape.join()}]`, `${to - from}`)
  return { type: dtype, shape, start: start + from, length }
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(each => Number.isSafeInteger(each) && each >= 0)
}

function tensorOf({ type, shape }: Entry, bytes: Uint8Array<ArrayBuffer>): TensorData {
  const { dtype } = types[type] ?? { dtype: 'uint8' as const }
  if (type === 'BF16') return { dtype: 'float32', shape, data: widened(bytes) }
  const Elements = arrayOf(dtype) ?? Uint8Array
  return dtype === 'string' ? { dtype, shape, data: [] } : { dtype, shape, data: new Elements(bytes.buffer) }
}

/** A bfloat16 is the upper half of a float32. */
function widened(bytes: Uint8Array<ArrayBuffer>): Elements {
  const upper = new Uint16Array(bytes.buffer)
  return new Float32Array(Uint32Array.from(upper, half => half << 16).buffer)
}

function invalid({ name }: Source, expected: string, got: string): DamsonError {
  return new DamsonError(
    'invalid-safetensors',
    `"${name}" is no safetensors file: expected ${expected}, got ${got}.`,
  )
}
