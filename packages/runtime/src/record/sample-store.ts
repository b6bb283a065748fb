// Where recorded samples are kept: in memory up to a limit, then in a temporary file where there are files. Feeds are copied
// when they come, since loops reuse their arrays.
import type { Sample, TensorData } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { platform } from '#platform'
import { arrayOf } from '../ort/element-types.ts'
import type { Spill } from '../platform.ts'

export interface SampleStore {
  readonly size: number
  add(sample: Sample): Promise<void>
  part(index: number): string
  read(index: number): Promise<Sample>
  close(): Promise<void>
}

interface Kept {
  readonly part: string
  readonly run: Sample['run']
  readonly tensors: readonly KeptTensor[]
}

interface KeptTensor {
  readonly name: string
  readonly dtype: TensorData['dtype']
  readonly shape: readonly number[]
  /** Bytes in memory, or where they lie in the file. */
  readonly at: Uint8Array | { readonly offset: number; readonly length: number }
}

/** A store that keeps `memoryBytes` in memory at most, where it can spill. */
export function openSampleStore(memoryBytes: number): SampleStore {
  const kept: Kept[] = []
  let inMemory = 0
  let spill: Promise<Spill | undefined> | undefined
  let closed = false
  const keep = async (bytes: Uint8Array): Promise<KeptTensor['at']> => {
    const file = inMemory + bytes.length > memoryBytes ? await (spill ??= platform.openSpill()) : undefined
    if (file) return { offset: await file.append(bytes), length: bytes.length }
    inMemory += bytes.length
    return bytes
  }
  const bytesOf = async (at: KeptTensor['at']): Promise<Uint8Array> => {
    if (at instanceof Uint8Array) return at.slice()
    const file = await spill
    return file ? file.read(at.offset, at.length) : new Uint8Array(0)
  }
  const entry = (index: number): Kept => {
    const found = closed ? undefined : kept[index]
    if (found) return found
    throw new DamsonError('closed', 'Expected open samples, but they were closed.')
  }
  return {
    get size() {
      return kept.length
    },
    async add({ part, feeds, run }) {
      const tensors: KeptTensor[] = []
      for (const [name, tensor] of Object.entries(feeds)) {
        const { dtype, shape } = tensor
        tensors.push({ name, dtype, shape, at: await keep(encode(tensor)) })
      }
      kept.push({ part, run, tensors })
    },
    part: index => entry(index).part,
    async read(index) {
      const { part, run, tensors } = entry(index)
      const feeds: Record<string, TensorData> = {}
      for (const each of tensors) feeds[each.name] = decode(each, await bytesOf(each.at))
      return { part, feeds, ...(run ? { run } : {}) }
    },
    async close() {
      closed = true
      kept.length = 0
      await (await spill)?.close()
      spill = undefined
    },
  }
}

function encode({ dtype, data }: TensorData): Uint8Array {
  if (dtype === 'string') return new TextEncoder().encode(JSON.stringify(data))
  const copy = data.slice()
  return new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength)
}

function decode({ name, dtype, shape }: KeptTensor, bytes: Uint8Array): TensorData {
  if (dtype === 'string') {
    const strings: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return { dtype, shape, data: Array.isArray(strings) ? strings.map(String) : [] }
  }
  const Elements = arrayOf(dtype)
  if (!Elements)
    throw new DamsonError('feed', `Feed "${name}": expected a type that can be fed, got ${dtype}.`)
  const owned = new Uint8Array(bytes).buffer
  return { dtype, shape, data: new Elements(owned) }
}
