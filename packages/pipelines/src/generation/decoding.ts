// A batch of rows that grow together: tokens go in, the scores of what may follow each row come out. What is in the cache is
// not run again.
import type { Feeds, Outputs, Part } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { RecordedRun } from '@damson/runtime'
import { numbersOf } from '../tensors.ts'
import { nextCache, type Cache } from './cache.ts'
import { scoresOf, type Decoder } from './decoder.ts'
import { tokenFeeds } from './token-feeds.ts'

type Rows = readonly (readonly number[])[]

export interface Decoding {
  /** Appends as many tokens to each row and gives the scores after the last of them, one array a row. */
  append(ids: Rows, mask: Rows): Promise<readonly Float32Array[]>
}

export interface DecodingOptions {
  readonly run: RecordedRun
  /** Without: every call runs all tokens again. */
  readonly useCache: boolean
  readonly beside?: Feeds
}

/** Throws `input` where no cache is wanted of a graph that takes a few positions at a time. */
export function openDecoding(decoder: Decoder, { run, useCache, beside = {} }: DecodingOptions): Decoding {
  if (!useCache && decoder.positions !== undefined) {
    throw new DamsonError(
      'input',
      `Expected useCache: ${decoder.next.name} takes ${decoder.positions} positions at a time, the rest is in its cache.`,
    )
  }
  const caches = useCache && decoder.caches
  let ids: Rows = []
  let mask: Rows = []
  let cache: Cache = {}
  const isStart = (): boolean => Object.keys(cache).length === 0
  const runOn = async (fed: Rows): Promise<readonly Float32Array[]> => {
    const part = isStart() ? decoder.first : decoder.next
    const outputs = await run(part.name, tokenFeeds({ part, ids: fed, mask, cache, beside }))
    if (caches) cache = nextCache(outputs, decoder.next.graph.requiredInputs(), cache)
    return lastScores(outputs, part)
  }
  return {
    async append(newIds, newMask) {
      const length = newIds[0]?.length ?? 0
      const most = decoder.positions ?? length
      let scores: readonly Float32Array[] = []
      for (let at = 0; at < length; at += most) {
        const fed = newIds.map(row => row.slice(at, at + most))
        ids = longer(ids, fed)
        mask = longer(
          mask,
          newMask.map(row => row.slice(at, at + most)),
        )
        scores = await runOn(caches ? fed : ids)
      }
      return scores
    },
  }
}

function longer(rows: Rows, more: Rows): Rows {
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
