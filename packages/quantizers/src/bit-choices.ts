// The ways in which a weight may be coded, as they are written in a recipe, and which of them a weight can take.
import type { Values } from '@damson/core'
import { isRefusal, refuse, type Graph, type Refusal, type Weight } from '@damson/graph'
import type { BlockParams } from './block-params.ts'
import { blockWeightOf, type BlockChoice, type BlockWeight } from './block-weights.ts'
import { blockBytes } from './coded-size.ts'
import { evenBlock, planeBytes, type PlaneBits, type PlaneSpec } from './plane-coding.ts'
import { planeNodeBytes } from './plane-decoding.ts'

/** What a choice looks like: `4/32`, `8/128/symmetric`, or `float` for leaving a weight as it is. */
export const choicePattern = 'float|[234568]/(16|32|64|128|256)(/symmetric)?'

/** Parameters that hold for all weights. */
export type SharedParams = Values<Pick<BlockParams, 'embeddings' | 'convs' | 'accuracyLevel'>>

/** A way of coding one weight; `found` is undefined for leaving it as it is. */
export interface BitOption {
  /** As in the recipe. */
  readonly text: string
  readonly found: BlockWeight | undefined
  /** How it lies where nothing reads codes, so that they need not be those of an operator. */
  readonly planes?: PlaneSpec
  readonly bytes: number
}

/** All parameters of something that codes in blocks, for one choice. */
export function blockValues(params: SharedParams, choice: BlockChoice): Values<BlockParams> {
  const { embeddings, convs, accuracyLevel } = params
  return { embeddings, convs, accuracyLevel, format: 'nbits', ...choice }
}

/** A choice as it is written; only what is decoded can have all widths. */
interface Asked {
  readonly bits: PlaneBits
  readonly blockSize: BlockChoice['blockSize']
  readonly symmetric: boolean
}

/** The choice that a text means; undefined for `float`. */
function askedBy(text: string): Asked | undefined {
  const [bits, blockSize, symmetric] = text.split('/')
  const width = ([2, 3, 4, 5, 6, 8] as const).find(each => `${each}` === bits)
  const block = ([16, 32, 64, 128, 256] as const).find(each => `${each}` === blockSize)
  return width && block ? { bits: width, blockSize: block, symmetric: symmetric !== undefined } : undefined
}

/** The widths that operators read, and what stands for the others until it is known whether any operator reads them. */
const readBits = { 2: 2, 3: 4, 4: 4, 5: 4, 6: 4, 8: 8 } as const

/** What can be done with a weight, the smallest first; a refusal when nothing can. */
export function optionsOf(
  weight: Weight,
  graph: Graph,
  texts: readonly string[],
  params: SharedParams,
): readonly BitOption[] | Refusal {
  const tried = texts.flatMap(text => {
    const asked = askedBy(text)
    return asked ? [optionOf(text, asked, weight, graph, params)] : []
  })
  const options = tried.flatMap(option => (option === undefined || isRefusal(option) ? [] : [option]))
  // Where some choices have an operator of their own, none is decoded before a session starts.
  const best = options.filter(({ found }) => found?.decoded === false)
  const kept = best.length > 0 ? best : options
  // What only the coarsest codes would shrink is not worth their noise.
  const refused = tried.find(isRefusal)
  const coarse =
    refused && kept.every(option => bitsOf(option) < 4) && texts.some(text => (askedBy(text)?.bits ?? 0) >= 4)
  if (kept.length === 0 || coarse) return refused ?? refuse('has no choice but to stay as it is', weight)
  const stays = texts.includes('float')
    ? [{ text: 'float', found: undefined, bytes: weight.tensor.byteLength }]
    : []
  return [...kept, ...stays].toSorted((a, b) => a.bytes - b.bytes)
}

const bitsOf = ({ found, planes }: BitOption): number => (planes ?? found?.spec)?.bits ?? 32

/** Undefined for widths that no operator reads, on a weight that one would have to read. */
function optionOf(
  text: string,
  asked: Asked,
  weight: Weight,
  graph: Graph,
  params: SharedParams,
): BitOption | Refusal | undefined {
  const choice = { ...asked, bits: readBits[asked.bits] }
  const found = blockWeightOf(weight, graph, choice, blockValues(params, choice))
  if (isRefusal(found)) return found
  if (found.coded.size > 0)
    return choice.bits === asked.bits ? { text, found, bytes: blockBytes(found.spec) } : undefined
  const { K, N, layout } = found.spec
  const planes = { K, N, layout, ...asked, blockSize: evenBlock(K, asked.blockSize) }
  const bytes = planeBytes(planes)
  return bytes + planeNodeBytes(weight) < weight.tensor.byteLength
    ? { text, found, planes, bytes }
    : refuse('is so small that it would grow', weight)
}
