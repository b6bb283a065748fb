// The numbers that change where scales of inputs go: whatever makes the inputs takes 1/s, so that rows multiplied by s give the
// outputs they gave. Codes take scales too: those of a coded maker are multiplied into its own scales, row by row of codes.
import { elementCount, memoryTensor, type Tensor } from '@damson/graph'
import { encodeFloats } from '@damson/numerics'
import { matrixRows, type CodedTensors } from './coded-rows.ts'
import type { Learnt } from './learnt-codes.ts'
import type { MatrixWeight } from './matrix-weights.ts'
import type { Fold } from './scale-folds.ts'

/**
 * What changes when the inputs [K] of a fold are divided by s: the maker's vectors and columns, and the rows of readers that are
 * not `claimed`. Those that are claimed are coded with s, later than this; a claimed maker was coded `before`.
 */
export async function foldedScales(
  { vectors, producer, readers }: Fold,
  s: Float64Array,
  claimed: ReadonlySet<string>,
  before: Learnt,
): Promise<Learnt> {
  const tensors: Record<string, Tensor> = {}
  const scaled = async (name: string, original: Tensor, factor: (at: number) => number): Promise<void> => {
    tensors[name] = await scaledTensor(before.tensors[name] ?? original, factor)
  }
  for (const { name, tensor } of vectors) await scaled(name, tensor, at => 1 / (s[at] ?? 1))
  for (const reader of readers.filter(({ weight }) => !claimed.has(weight.id)))
    await scaled(reader.weight.name, reader.weight.tensor, at => s[inputOf(reader, at)] ?? 1)
  if (!producer) return { codes: {}, tensors }
  const known = before.codes[producer.weight.id]
  if (known) return { codes: { [producer.weight.id]: await scaledCodes(known, s) }, tensors }
  await scaled(producer.weight.name, producer.weight.tensor, at => 1 / (s[outputOf(producer, at)] ?? 1))
  return { codes: {}, tensors }
}

/** Which input an element of a matrix is multiplied with, and to which output that goes. */
const inputOf = ({ layout, K, N }: MatrixWeight, at: number): number =>
  layout === 'KN' ? Math.floor(at / N) : at % K
const outputOf = ({ layout, K, N }: MatrixWeight, at: number): number =>
  layout === 'KN' ? at % N : Math.floor(at / K)

/** Scales [N, kBlocks] of row n divided by s[n]. */
async function scaledCodes(known: CodedTensors, s: Float64Array): Promise<CodedTensors> {
  const kBlocks = elementCount(known.scales.shape) / s.length
  return { ...known, scales: await scaledTensor(known.scales, at => 1 / (s[Math.floor(at / kBlocks)] ?? 1)) }
}

/** A float32 or float16 tensor with every element times what `factor` says of its place. */
async function scaledTensor(tensor: Tensor, factor: (at: number) => number): Promise<Tensor> {
  const values = new Float32Array(elementCount(tensor.shape))
  for await (const { from, rows } of matrixRows(tensor, { K: 1, N: values.length, layout: 'NK' }))
    rows.forEach((value, at) => (values[from + at] = value * factor(from + at)))
  const data = tensor.dtype === 'float32' ? values : encodeFloats(values, 'float16')
  return memoryTensor(tensor.dtype, tensor.shape, data)
}
