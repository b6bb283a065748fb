// The ways in which a weight may be coded, as they are written in a recipe, and which of them a weight can take.
import type { Values } from '@damson/core'
import { isRefusal, refuse, type Graph, type Refusal, type Weight } from '@damson/graph'
import type { BlockParams } from './block-params.ts'
import { blockWeightOf, type BlockChoice, type BlockWeight } from './block-weights.ts'
import { blockBytes } from './coded-size.ts'

/** What a choice looks like: `4/32`, `8/128/symmetric`, or `float` for leaving a weight as it is. */
export const choicePattern = 'float|[248]/(16|32|64|128|256)(/symmetric)?'

/** Parameters that hold for all weights. */
export type SharedParams = Values<Pick<BlockParams, 'embeddings' | 'convs' | 'accuracyLevel'>>

/** A way of coding one weight; `found` is undefined for leaving it as it is. */
export interface BitOption {
  /** As in the recipe. */
  readonly text: string
  readonly found: BlockWeight | undefined
  readonly bytes: number
}

/** All parameters of something that codes in blocks, for one choice. */
export function blockValues(params: SharedParams, choice: BlockChoice): Values<BlockParams> {
  const { embeddings, convs, accuracyLevel } = params
  return { embeddings, convs, accuracyLevel, format: 'nbits', ...choice }
}

/** The choice that a text means; undefined for `float`. */
function choiceOf(text: string): BlockChoice | undefined {
  const [bits, blockSize, symmetric] = text.split('/')
  const width = ([2, 4, 8] as const).find(each => `${each}` === bits)
  const block = ([16, 32, 64, 128, 256] as const).find(each => `${each}` === blockSize)
  return width && block ? { bits: width, blockSize: block, symmetric: symmetric !== undefined } : undefined
}

/** What can be done with a weight, the smallest first; a refusal when nothing can. */
export function optionsOf(
  weight: Weight,
  graph: Graph,
  texts: readonly string[],
  params: SharedParams,
): readonly BitOption[] | Refusal {
  const asked = texts.flatMap(text => {
    const choice = choiceOf(text)
    return choice ? [{ text, found: blockWeightOf(weight, graph, choice, blockValues(params, choice)) }] : []
  })
  const options = asked.flatMap(({ text, found }) =>
    isRefusal(found) ? [] : [{ text, found, bytes: blockBytes(found.spec) }],
  )
  // Where some choices have an operator of their own, none is decoded before a session starts.
  const best = options.filter(({ found }) => !found.decoded)
  const kept = best.length > 0 ? best : options
  if (kept.length === 0) {
    const refused = asked.map(({ found }) => found).find(isRefusal)
    return refused ?? refuse('has no choice but to stay as it is', weight)
  }
  const stays = texts.includes('float')
    ? [{ text: 'float', found: undefined, bytes: weight.tensor.byteLength }]
    : []
  return [...kept, ...stays].toSorted((a, b) => a.bytes - b.bytes)
}
