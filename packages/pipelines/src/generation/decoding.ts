// A batch of rows that grow together: tokens go in, the scores of what may follow each row come out. What is in the cache is
// not run again.
import type { Feeds, Outputs, Part } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { RecordedRun } from '@damson/runtime'
import { numbersOf } from '../tensors.ts'
import { nextCache, type Cache } from './cache.ts'
import { scoresOf, type Decoder } from './decoder.ts'
import { tokenFeeds } from './token-feeds.ts'

export interface Decoding {
  /** Appends as many tokens to each row and gives the scores after the last of them, one array a row. */
  append(
    ids: readonly (readonly number[])[],
    mask: readonly (readonly number[])[],
  ): Promise<readonly Float32Array[]>
}

export interface DecodingOptions {
  readonly run: RecordedRun
  /** Without: every call runs all tokens again. */
  readonly useCache: boolean
  readonly beside?: Feeds
}

export function openDecoding(decoder: Decoder, { run, useCache, beside = {} }: DecodingOptions): Decoding {
  const caches = useCache && decoder.caches
  let [ids, mask]: (readonly (readonly number[])[])[] = [[], []]
  let cache: Cache = {}
  const runNew = async (
    newIds: readonly (readonly number[])[],
    part: Part,
  ): Promise<readonly Float32Array[]> => {
    const outputs = await run(part.name, tokenFeeds({ part, ids: newIds, mask: mask ?? [], cache, beside }))
    if (caches) cache = nextCache(outputs, decoder.next.graph.requiredInputs(), cache)
    return lastScores(outputs, part)
  }
  const isStart = (): boolean => Object.keys(cache).length === 0
  return {
    async append(newIds, newMask) {
      if (!caches) {
        ids = longer(ids ?? [], newIds)
        mask = longer(mask ?? [], newMask)
        return runNew(ids, decoder.first)
      }
      const length = newIds[0]?.length ?? 0
      const most = decoder.positions ?? length
      let scores: readonly Float32Array[] = []
      for (let at = 0; at < length; at += most) {
        mask = longer(
          mask ?? [],
          newMask.map(row => row.slice(at, at + most)),
        )
        scores = await runNew(
          newIds.map(row => row.slice(at, at + most)),
          isStart() ? decoder.first : decoder.next,
        )
      }
      return scores
    },
  }
}

function longer(
  rows: readonly (readonly number[])[],
  more: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  return more.map((row, i) => [...(rows[i] ?? []), ...row])
}

/** Scores at the last position of each row, of logits [rows, positions, tokens]. */
function lastScores(outputs: Outputs, part: Part): readonly Float32Array[] {
  const tensor = outputs[scoresOf(part) ?? 'logits']
  if (tensor?.shape.length !== 3) {
    throw new DamsonError('decoder', `Expected logits [rows, positions, tokens] of ${part.name}, got none.`)
  }
  const [rows = 0, positions = 0, tokens = 0] = tensor.shape
  const all = numbersOf(tensor)
  return Array.from({ length: rows }, (_, row) => {
    const end = (row + 1) * positions * tokens
    return all.subarray(end - tokens, end)
  })
}
