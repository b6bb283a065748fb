// The loop of every pipeline that writes tokens: score, choose, append, until each row has stopped or has enough.
import type { Feeds } from '@damson/core'
import type { RecordedRun } from '@damson/runtime'
import { uniform } from '../noise/uniform.ts'
import type { Decoder } from './decoder.ts'
import { openDecoding } from './decoding.ts'
import { nextToken, type TokenChoice } from './next-token.ts'

/** How a row ended: with a stop token, or because it had enough. */
export type Ending = 'stop' | 'length'

export interface RowsJob {
  readonly run: RecordedRun
  readonly decoder: Decoder
  /** What each row starts with; of one length where the decoder cannot fill up. */
  readonly starts: readonly (readonly number[])[]
  /** The token that fills up short rows. */
  readonly pad: number
  readonly seeds: readonly number[]
  readonly choice: TokenChoice
  /** New tokens of each row: at least, at most. */
  readonly least: readonly number[]
  readonly most: readonly number[]
  readonly stopTokens: ReadonlySet<number>
  /** Tokens that never come, and those that do not come first. */
  readonly suppressed: readonly number[]
  readonly suppressedFirst: readonly number[]
  readonly useCache: boolean
  readonly beside?: Feeds
  readonly signal: AbortSignal | undefined
  onToken(
    row: number,
    token: number,
    tokens: readonly number[],
    ending: Ending | undefined,
  ): void | Promise<void>
}

export interface RowResult {
  /** The new tokens; where the row stopped, the stop token is the last. */
  readonly tokens: readonly number[]
  readonly ending: Ending
}

interface Row {
  readonly start: readonly number[]
  readonly tokens: number[]
  ending: Ending | undefined
}

/** Writes all rows of a batch. */
export async function decodeRows(job: RowsJob): Promise<readonly RowResult[]> {
  const { starts, run, useCache, beside } = job
  const decoding = openDecoding(job.decoder, { run, useCache, ...(beside ? { beside } : {}) })
  const rows = starts.map((start, i): Row => ({
    start,
    tokens: [],
    ending: job.most[i] === 0 ? 'length' : undefined,
  }))
  const longest = Math.max(...starts.map(({ length }) => length))
  const filling = starts.map(({ length }) => Array.from({ length: longest - length }, () => 0))
  let ids = starts.map((start, i) => [...(filling[i] ?? []).map(() => job.pad), ...start])
  let mask = starts.map((start, i) => [...(filling[i] ?? []), ...start.map(() => 1)])
  while (rows.some(({ ending }) => ending === undefined)) {
    job.signal?.throwIfAborted()
    const scores = await decoding.append(ids, mask)
    for (const [i, row] of rows.entries()) if (row.ending === undefined) await grow(job, row, i, scores[i])
    // Rows that have ended stay in the batch; what they are fed does not reach the others.
    ids = rows.map(({ tokens, start }) => [tokens.at(-1) ?? start.at(-1) ?? job.pad])
    mask = rows.map(() => [1])
  }
  return rows.map(({ tokens, ending }) => ({ tokens, ending: ending ?? 'length' }))
}

async function grow(job: RowsJob, row: Row, i: number, scores: Float32Array | undefined): Promise<void> {
  const { start, tokens } = row
  const token = nextToken(scores ?? new Float32Array(0), job.choice, {
    seen: [...start, ...tokens],
    banned: bannedNow(job, tokens.length, job.least[i] ?? 0),
    random: uniform(job.seeds[i] ?? 0, tokens.length),
  })
  tokens.push(token)
  if (job.stopTokens.has(token)) row.ending = 'stop'
  else if (tokens.length >= (job.most[i] ?? 0)) row.ending = 'length'
  await job.onToken(i, token, tokens, row.ending)
}

function bannedNow(job: RowsJob, count: number, least: number): readonly number[] {
  const first = count === 0 ? job.suppressedFirst : []
  return [...job.suppressed, ...first, ...(count < least ? job.stopTokens : [])]
}
