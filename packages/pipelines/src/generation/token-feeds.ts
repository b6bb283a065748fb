// What a part that reads tokens is fed: its inputs mean the same in all exports that have the field's names.
import type { Feeds, Part, TensorData } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { tensorAs } from '../tensors.ts'
import { emptyPast, isPast, type Cache } from './cache.ts'

export interface TokenCall {
  readonly part: Part
  /** The new positions of each row. */
  readonly ids: readonly (readonly number[])[]
  /** 1 where a position of a row holds a token, 0 where it fills up, of the past and the new ones. */
  readonly mask: readonly (readonly number[])[]
  readonly cache: Cache
  /** What other inputs are fed: encoder states. */
  readonly beside: Feeds
}

/** The feeds of a call. Throws `decoder` for inputs of unknown meaning. */
export function tokenFeeds(call: TokenCall): Feeds {
  const { part, cache, beside, ids } = call
  const meanings = meaningsOf(call)
  return Object.fromEntries(
    part.graph.requiredInputs().map(input => {
      const { name, type } = input
      if (isPast(name)) return [name, cache[name] ?? emptyPast(input, ids.length, part)]
      const tensor =
        beside[name] ?? (type?.kind === 'tensor' ? meanings[name]?.(type.dtype, type.shape) : undefined)
      if (tensor) return [name, tensor]
      throw new DamsonError(
        'decoder',
        `Input "${name}" of ${part.name}: expected one of ${Object.keys(meanings).join(', ')}, got one of unknown meaning.`,
      )
    }),
  )
}

type Meaning = (dtype: string | undefined, shape: readonly unknown[] | undefined) => TensorData

/** What each input is fed, by name. */
function meaningsOf({ ids, mask }: TokenCall): Readonly<Record<string, Meaning>> {
  const count = ids[0]?.length ?? 0
  const total = mask[0]?.length ?? 0
  const past = total - count
  const rows =
    (values: readonly (readonly number[])[]): Meaning =>
    dtype =>
      whole(dtype, [values.length, values[0]?.length ?? 0], values.flat())
  const single =
    (value: number): Meaning =>
    (dtype, shape) =>
      whole(dtype, shape?.length === 0 ? [] : [1], [value])
  return {
    input_ids: rows(ids),
    decoder_input_ids: rows(ids),
    attention_mask: rows(mask),
    decoder_attention_mask: rows(mask),
    position_ids: rows(mask.map(row => positionsOf(row).slice(past))),
    token_type_ids: rows(ids.map(row => row.map(() => 0))),
    cache_position: dtype =>
      whole(
        dtype,
        [count],
        Array.from({ length: count }, (_, i) => past + i),
      ),
    use_cache_branch: () => ({ dtype: 'bool', shape: [1], data: Uint8Array.of(past > 0 ? 1 : 0) }),
    num_logits_to_keep: single(1),
    past_sequence_length: single(past),
    past_seq_len: single(past),
    total_sequence_length: single(total),
    total_seq_len: single(total),
    seqlens_k: dtype =>
      whole(
        dtype,
        [ids.length],
        ids.map(() => total - 1),
      ),
  }
}

/** The place of each token of a row, from 0; those that fill up stand at 0, too. */
function positionsOf(mask: readonly number[]): readonly number[] {
  let count = 0
  return mask.map(here => Math.max(0, (count += here) - 1))
}

function whole(dtype: string | undefined, shape: readonly number[], numbers: readonly number[]): TensorData {
  return tensorAs(dtype === 'int32' ? 'int32' : dtype === 'float32' ? 'float32' : 'int64', shape, numbers)
}
