// What an option makes of its weight: the numbers that a runtime will multiply with, and the tensors in their place.
import type { Tensor } from '@damson/graph'
import {
  decodeFloats,
  dequantizeBlocks,
  quantizeBlocks,
  type BlockSearch,
  type BlockSpec,
} from '@damson/numerics'
import type { BitOption } from './bit-choices.ts'
import { codeBlocks } from './block-coding.ts'
import { replaceBlocks, type BlockWeight } from './block-weights.ts'
import type { CodedTensors } from './coded-rows.ts'
import type { Coder } from './coder.ts'
import { blockCodesOf } from './learnt-codes.ts'
import { codePlanes, planeValues } from './plane-coding.ts'
import { replacePlanes } from './plane-decoding.ts'
import type { Replacement } from './replace-weights.ts'

export interface Coding {
  readonly coder: Coder
  readonly search: BlockSearch
  /** `id:version`, for the keys of tensors. */
  readonly key: string
}

/** The tensors of an option, with codes that were learnt where there are some; undefined where the weight stays. */
export function replacementOf(
  { found, planes }: BitOption,
  { coder, search, key }: Coding,
  level: number,
  learnt?: CodedTensors,
): Replacement | undefined {
  if (!found) return undefined
  if (planes) return replacePlanes(found.weight, planes, codePlanes(found.matrix, planes, key))
  const codes = learnt
    ? blockCodesOf(learnt)
    : codeBlocks(found.matrix, { ...found.spec, search }, key, coder)
  return replaceBlocks(found, codes, level)
}

/** The numbers of a weight, as it lies. */
export async function numbersOf(matrix: Tensor): Promise<Float32Array> {
  const bytes = (await matrix.read()).slice()
  if (matrix.dtype === 'float32') return new Float32Array(bytes.buffer)
  return decodeFloats(new Uint16Array(bytes.buffer), matrix.dtype === 'bfloat16' ? 'bfloat16' : 'float16')
}

/** The same after an option; `values` are its numbers as they are. */
export async function optionValues(
  { found, planes }: BitOption,
  values: Float32Array,
  { coder, search }: Coding,
  signal: AbortSignal,
): Promise<Float32Array> {
  if (!found) return values
  if (planes) return planeValues(found.matrix, planes, signal)
  const spec = plainSpec(found, search)
  return coder.use(async kernel => dequantizeBlocks(quantizeBlocks(values, spec, kernel), spec))
}

/** The numbers that learnt codes stand for, as the weight lies. */
export async function learntValues(found: BlockWeight, learnt: CodedTensors): Promise<Float32Array> {
  const { packed, scales, zeroPoints } = blockCodesOf(learnt)
  const coded = {
    packed: (await packed.read()).slice(),
    scales: new Float32Array(await numbersOf(scales)),
    ...(zeroPoints ? { zeroPoints: (await zeroPoints.read()).slice() } : {}),
  }
  return dequantizeBlocks(coded, plainSpec(found, 'minmax'))
}

/** Float32 numbers in whole blocks: padding of look-ups is a matter of bytes. */
function plainSpec({ spec }: BlockWeight, search: BlockSearch): BlockSpec {
  return { ...spec, rule: 'MatMulNBits', dtype: 'float32', search }
}
