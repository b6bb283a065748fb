// The part, or the two parts, that turn tokens into scores of the next one, in the layouts of the field: one graph for the prompt
// and for what follows, optimum's merged graph with `use_cache_branch`, its pair of decoder and decoder_with_past, and graphs
// that keep no cache. Which one it is shows in names of parts and inputs.
import type { Model, Part } from '@damson/core'
import { DamsonError, walk, type ValueInfo } from '@damson/graph'
import { ownParts } from '../own-parts.ts'
import { isPast } from './cache.ts'

export interface Decoder {
  /** Runs what has no past. */
  readonly first: Part
  /** Runs what has one; the same part where one graph does both. */
  readonly next: Part
  readonly caches: boolean
  /** Rows of different lengths may stand in a batch, filled up on the left. */
  readonly pads: boolean
  /** How many positions `next` takes at once; undefined: any number. */
  readonly positions: number | undefined
}

/** Finds the decoder of a model. Throws `no-decoder`. */
export function openDecoder(model: Model): Decoder {
  const parts = ownParts(model)
  const merged = parts.get('decoder_model_merged')
  const [first, next] = [parts.get('decoder_model'), parts.get('decoder_with_past_model')]
  if (merged) return describe(merged, merged)
  if (first && next) return describe(first, next)
  const all = [...parts.values()].filter(each => inputOf(each, idsNames) && scoresOf(each) !== undefined)
  const found = all.find(each => each.graph.requiredInputs().some(({ name }) => isPast(name))) ?? all[0]
  if (found) return describe(found, found)
  throw new DamsonError(
    'no-decoder',
    `Expected a part that takes input_ids and gives logits, got ${[...parts.keys()].join(', ')}. Load the model of a decoder.`,
  )
}

const idsNames = ['input_ids', 'decoder_input_ids']

function describe(first: Part, next: Part): Decoder {
  const ids = inputOf(next, idsNames)
  if (!ids || !inputOf(first, idsNames)) {
    const names = next.graph.requiredInputs().map(({ name }) => name)
    throw new DamsonError(
      'no-decoder',
      `Expected input_ids among the inputs of ${next.name}, got ${names.join(', ')}. Graphs that take embeddings are not supported.`,
    )
  }
  const fixed = sizeOf(ids, 1)
  const caches = next.graph.requiredInputs().some(({ name }) => isPast(name))
  return {
    ...{ first, next, caches },
    pads: [first, next].every(each => inputOf(each, ['attention_mask']) && !hidesByLength(each)),
    positions: first === next ? fixed : undefined,
  }
}

/**
 * ONNX Runtime's GroupQueryAttention takes the number of keys of a row, counted from the first one, so that rows cannot be filled up
 * on the left, unless a mask is added to its scores besides (its eleventh input).
 */
function hidesByLength({ graph }: Part): boolean {
  return [...walk(graph)].some(({ node }) => node.op === 'GroupQueryAttention' && !node.inputs[10])
}

function inputOf({ graph }: Part, names: readonly string[]): ValueInfo | undefined {
  return graph.requiredInputs().find(({ name }) => names.includes(name))
}

/** The name of the output with a score for every token. */
export function scoresOf({ graph }: Part): string | undefined {
  const named = graph.outputs.find(({ name }) => name === 'logits')
  return (named ?? graph.outputs.find(({ type }) => type?.kind === 'tensor' && type.shape?.length === 3))
    ?.name
}

function sizeOf({ type }: ValueInfo, axis: number): number | undefined {
  const dim = type?.kind === 'tensor' ? type.shape?.[axis] : undefined
  return typeof dim === 'number' && dim > 0 ? dim : undefined
}
