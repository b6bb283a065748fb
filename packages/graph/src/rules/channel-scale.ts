// Convolution weights scaled output channel by output channel, and the bias that goes with them, as computed tensors:
//   s = γ/√(var + ε),   W'[o,…] = W[o,…]·s[o],   b' = (b − μ)·s + β
import type { DataType } from '../dtype.ts'
import { dataTypes, elementCount } from '../dtype.ts'
import { DamsonError, refuse, type Refusal } from '../error.ts'
import type { Tensor } from '../tensor.ts'
import { computeTensors } from '../tensors/computed-tensor.ts'
import { encodeElements, numbers } from '../tensors/elements.ts'
import { memoryTensor } from '../tensors/memory-tensor.ts'

/** Batch normalization's parameters, each [out]. */
export interface NormParameters {
  readonly gamma: Tensor
  readonly beta: Tensor
  readonly mean: Tensor
  readonly variance: Tensor
}

export interface ChannelScale {
  /** [out, in/group, …], or [in, out/group, …] when `transposed`. */
  readonly weights: Tensor
  /** [out]; absent: zeros. */
  readonly bias?: Tensor
  readonly parameters: NormParameters
  readonly epsilon: number
  readonly transposed: boolean
  readonly group: number
}

/** Elements of the weights that are in memory at once. */
const bandElements = 65536

/** The scaled weights and bias in the weights' type; a refusal when the sizes do not belong together. */
export function channelScaled(scale: ChannelScale): { weights: Tensor; bias: Tensor } | Refusal {
  const { weights, bias, parameters, epsilon, transposed, group } = scale
  const [first = 0, second = 0] = weights.shape
  const channels = transposed ? second * group : first
  const perChannel = [
    parameters.gamma,
    parameters.beta,
    parameters.mean,
    parameters.variance,
    ...(bias ? [bias] : []),
  ]
  if (!perChannel.every(tensor => elementCount(tensor.shape) === channels)) {
    return refuse(`the normalization is not over ${channels} channels`)
  }
  const sources = [weights, ...perChannel].map(tensor => tensor.key).join('+')
  const [scaled, shifted] = computeTensors({
    key: `channel-scale:1:${transposed ? 'transposed' : 'plain'}:${group}:${epsilon}:${sources}`,
    outputs: [
      { dtype: weights.dtype, shape: weights.shape },
      { dtype: weights.dtype, shape: [channels] },
    ],
    cost: weights.byteLength,
    run: async (write, options) => {
      const { factors, offsets } = await factorsOf(scale, options)
      await write(1, 0, encodeElements(weights.dtype, offsets))
      await scaleBands(scale, factors, write, options)
    },
  })
  if (!scaled || !shifted) throw new DamsonError('computation', 'Expected two outputs of a channel scale.')
  return { weights: scaled, bias: shifted }
}

type Options = { readonly signal?: AbortSignal }

async function factorsOf(
  { parameters, bias, epsilon }: ChannelScale,
  options: Options,
): Promise<{ factors: readonly number[]; offsets: readonly number[] }> {
  const [gamma, beta, mean, variance] = await Promise.all(
    [parameters.gamma, parameters.beta, parameters.mean, parameters.variance].map(each =>
      readNumbers(each, options),
    ),
  )
  const b = bias ? await readNumbers(bias, options) : []
  const at = (list: readonly number[] | undefined, channel: number): number => list?.[channel] ?? 0
  const factors = (gamma ?? []).map((each, channel) => each / Math.sqrt(at(variance, channel) + epsilon))
  const offsets = factors.map(
    (factor, channel) => (at(b, channel) - at(mean, channel)) * factor + at(beta, channel),
  )
  return { factors, offsets }
}

async function scaleBands(
  { weights, transposed, group }: ChannelScale,
  factors: readonly number[],
  write: (output: number, offset: number, bytes: Uint8Array) => Promise<void> | void,
  { signal }: Options,
): Promise<void> {
  const [first = 0, second = 0] = weights.shape
  const width = dataTypes[weights.dtype].bits / 8
  const count = elementCount(weights.shape)
  const inner = transposed ? count / (first * second) : count / first // elements that share one factor in a row
  // Of ConvTranspose, row i of W belongs to the group of its input channel.
  const channelOf = (run: number): number =>
    transposed ? Math.floor((Math.floor(run / second) * group) / first) * second + (run % second) : run
  for (let start = 0; start < count; start += bandElements) {
    signal?.throwIfAborted()
    const length = Math.min(bandElements, count - start)
    const band = await weights.read({
      offset: start * width,
      length: length * width,
      ...(signal ? { signal } : {}),
    })
    const values = decode(weights.dtype, length, band)
    const scaled = values.map(
      (value, at) => value * (factors[channelOf(Math.floor((start + at) / inner))] ?? 0),
    )
    await write(0, start * width, encodeElements(weights.dtype, scaled))
  }
}

async function readNumbers(tensor: Tensor, { signal }: Options): Promise<readonly number[]> {
  return decode(tensor.dtype, elementCount(tensor.shape), await tensor.read(signal ? { signal } : {}))
}

function decode(dtype: DataType, count: number, bytes: Uint8Array): readonly number[] {
  return numbers(memoryTensor(dtype, [count], bytes)) ?? []
}
