// Constants as halves. Most are converted where they stand; what fp32 nodes read is stored as a half with one Cast behind
// it, which ONNX Runtime folds when it loads; small ones are simply kept twice.
import { computeTensors, memoryTensor, type Tensor, type WriteBand } from '@damson/graph'
import { decodeFloats, encodeFloats, type NarrowSpec, type NarrowStream } from '@damson/numerics'
import type { Coder } from './coder.ts'
import type { HalfGraph, HalfNode } from './half-graph.ts'
import type { HalfModes } from './half-modes.ts'
import type { HalfType } from './half-slots.ts'

/** `half`: converted in place; `cast`: converted, with a Cast for fp32 readers; `twin`: kept, with a converted copy. */
export type ConstantForm = 'half' | 'cast' | 'twin' | 'float'

export interface ConstantChoice {
  /** False for constants outside the place of the step. */
  readonly selects: (id: string) => boolean
  /** Ids of constants whose numbers halves cannot hold. */
  readonly unfit: ReadonlySet<string>
  /** Keys of nodes that need all digits of what they read. */
  readonly exact: ReadonlySet<string>
}

/** A Cast with its names takes about this many bytes of a file. */
export const castBytes = 160

/** The form of every fp32 constant that changes; a cast stands behind storable ones alone. */
export function decideConstants(
  graph: HalfGraph, modes: HalfModes, selects: ConstantChoice['selects'], storable: ReadonlySet<string>,
): ReadonlyMap<string, ConstantForm> {
  const forms = new Map<string, ConstantForm>()
  for (const [id, { tensor, isOutput }] of graph.constants) {
    if (tensor.dtype !== 'float32' || isOutput || !selects(id)) continue
    const readers = graph.readersOf(id)
    const half = readers.some(({ node, input }) => modes.demandOf(node, input) === 'half')
    const float = readers.filter(({ node, input }) => isFloatReader(node, input, modes))
    if (half && float.length === 0) forms.set(id, 'half')
    else if (float.length > 0 && storable.has(id)) forms.set(id, 'cast')
    else if (half) forms.set(id, 'twin')
  }
  return forms
} // prettier-ignore

/** Folding a cast takes about 0.1 ms whatever its size, so the smallest constants, which hold no more than this of all bytes, have none. */
const smallShare = 0.01

/** Ids of the fp32 constants that halves can hold for all their readers, and that save more than a cast takes, in bytes and in time. */
export function storableConstants(
  graph: HalfGraph, { selects, unfit, exact }: ConstantChoice,
): ReadonlySet<string> {
  const floats = [...graph.constants].filter(([, { tensor }]) => tensor.dtype === 'float32')
  const least = leastWorthwhile(floats.map(([, { tensor }]) => tensor))
  const isStorable = ([id, { tensor, isOutput, name }]: (typeof floats)[number]): boolean => {
    const saves = tensor.byteLength >= least && tensor.byteLength / 2 > castBytes + 3 * name.length
    const fits = !unfit.has(id) && graph.readersOf(id).every(({ node }) => !exact.has(node.key))
    return saves && fits && !isOutput && selects(id)
  }
  return new Set(floats.filter(isStorable).map(([id]) => id))
} // prettier-ignore

/** Bytes of the smallest constant that is worth the time of a cast. */
function leastWorthwhile(tensors: readonly Tensor[]): number {
  const sizes = tensors.map(({ byteLength }) => byteLength).toSorted((a, b) => a - b)
  let room = smallShare * sizes.reduce((sum, size) => sum + size, 0)
  return sizes.find(size => (room -= size) < 0) ?? 0
}

/** What turns a constant into something else than a float reads all its digits. */
function isFloatReader(node: HalfNode, input: number, modes: HalfModes): boolean {
  return modes.demandOf(node, input) === 'float' || node.node.op === 'Cast'
}

/** Largest finite magnitudes. */
export const greatestHalf: Readonly<Record<HalfType, number>> = {
  float16: 65504,
  bfloat16: 3.3895313892515355e38,
}

/**
 * What a mask of -1e9 or -3.4e38 becomes: half of the range, so that a score added to it, or a second mask, stays finite.
 * exp(-32752) is 0 all the same; -65504 plus a score of -16 would be -inf, and a row of nothing else NaN. The bound is the
 * one that Gemma's residual streams are clipped to (microsoft/onnxruntime#26732); ONNX Runtime's converter takes -1e4.
 */
export const maskBound = 32752

/** Elements of scalars and short lists that would vanish: epsilons. As ONNX Runtime's converter (`min_positive_val`). */
const leastPositive = 1e-7
const shortList = 64

/** Who narrows a constant that is not resident, and under what name: that of the algorithm and its version. */
export interface Narrowing {
  readonly coder: Coder
  readonly key: string
}

/** A constant as halves: resident when it was, else computed when somebody reads or writes it. */
export function halfTensor(
  tensor: Tensor, type: HalfType, limit: number | undefined, { coder, key }: Narrowing,
): Tensor {
  if (tensor.data) return halvesOf(floatsOf(tensor.data), tensor.shape, type, limit)
  const [half] = computeTensors({
    key: `${key}:${type}:${limit ?? 'fits'}:${tensor.key}`,
    cost: tensor.byteLength,
    outputs: [{ dtype: type, shape: tensor.shape }],
    run: (write, { signal }) => coder.use(kernel => narrow(tensor, kernel.narrow(specOf(type, limit)), write, signal)),
  })
  return half ?? tensor
} // prettier-ignore

/** Numbers as halves. */
export function halvesOf(
  values: Float32Array, shape: readonly number[], type: HalfType, limit: number | undefined,
): Tensor {
  const kept = values.length <= shortList ? values.map(keepTiny) : values
  return memoryTensor(type, shape, encodeHalves(kept, type, limit))
} // prettier-ignore

function specOf(type: HalfType, limit: number | undefined): NarrowSpec {
  if (limit === undefined) return { type }
  const [held = 0] = decodeFloats(encodeFloats(Float32Array.of(limit), type, { saturate: true }), type)
  return { type, limit: held }
}

/** Reads the next band while the one before is written. */
async function narrow(
  tensor: Tensor, { bands }: NarrowStream, write: WriteBand, signal: AbortSignal | undefined,
): Promise<void> {
  const bandBytes = bands[0].source.length
  const read = async (at: number, turn: 0 | 1): Promise<number> => {
    const length = Math.min(bandBytes, tensor.byteLength - at)
    if (length > 0) await tensor.read({ offset: at, into: bands[turn].source.subarray(0, length), ...(signal ? { signal } : {}) })
    return length
  }
  let reading = read(0, 0)
  for (let at = 0, turn: 0 | 1 = 0; at < tensor.byteLength; at += bandBytes) {
    signal?.throwIfAborted()
    const length = await reading
    const band = bands[turn]
    turn = turn === 0 ? 1 : 0
    reading = read(at + length, turn)
    // A failure of this write comes first; that of the read must not go unheard, nor be heard twice.
    reading.catch(() => {})
    await write(0, at / 2, band.push(length / 4))
  }
  await reading
} // prettier-ignore

const keepTiny = (value: number): number =>
  value !== 0 && Math.abs(value) < leastPositive ? Math.sign(value) * leastPositive : value

/** Rounded to nearest, ties to even; finite numbers beyond `limit` become it, infinities stay. No limit: none is beyond. */
function encodeHalves(values: Float32Array, type: HalfType, limit: number | undefined): Uint16Array {
  const codes = encodeFloats(values, type)
  if (limit === undefined) return codes
  const [bound = 0] = encodeFloats(Float32Array.of(limit), type, { saturate: true })
  const sign = 0x8000
  // Codes of magnitudes grow with them, so one comparison finds what lies beyond, infinities too.
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0
    if ((code & 0x7fff) > bound && Number.isFinite(values[at])) codes[at] = (code & sign) | bound
  }
  return codes
}

/** float32 elements of raw bytes, copied where they do not lie on a multiple of four. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4)
}
