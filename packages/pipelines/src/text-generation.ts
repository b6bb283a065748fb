// Text that continues text, by decoders of any export style.
import type { Generation, Model } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { Begin } from '@damson/runtime'
import { openDecoder, type Decoder } from './generation/decoder.ts'
import { decodeRows, type Ending, type RowsJob } from './generation/decode-rows.ts'
import { readGenerationConfig, type GenerationConfig } from './generation/generation-config.ts'
import { rowsTogether } from './generation/row-groups.ts'
import { textStream } from './generation/text-stream.ts'
import { rowSeeds } from './noise/row-seeds.ts'
import { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'
import { findTextTokenizer, requireTokenizer, type TextTokenizer } from './text/text-tokenizer.ts'

export interface TextGenerationInput {
  /** One prompt or several, or token ids of each in `tokens`. */
  readonly prompt?: string | readonly string[]
  /** Instead of prompts: one row of ids a prompt, with its special tokens. */
  readonly tokens?: readonly (readonly number[])[]
  /** New tokens at most; default `generation_config.json`, or 64. */
  readonly maxTokens?: number
  /** New tokens before a stop token may come. Default that of the model, or 0. */
  readonly minTokens?: number
  /** Tokens that end a row; default the model's end tokens. */
  readonly stopTokens?: readonly number[]
  /** 0: always the best token. Default that of the model if it says `do_sample`, else 0. */
  readonly temperature?: number
  /** Draw from the best k only; 0: from all. Default that of the model, or 0. */
  readonly topK?: number
  /** Draw from the best that have this share together; 1: from all. Default that of the model, or 1. */
  readonly topP?: number
  /** More than 1 makes tokens that were there less likely. Default that of the model, or 1. */
  readonly repetitionPenalty?: number
  /** Of the first prompt, the next have the next ones; or one for each. Default 0. */
  readonly seed?: number | readonly number[]
  /** Without the cache every step runs all tokens again. Default true. */
  readonly useCache?: boolean
  /** Overrides of live parameters of the model's steps (`Generation.controls`). */
  readonly controls?: Generation['controls']
  readonly signal?: AbortSignal
  /** Called for each token, and waited for. */
  readonly onToken?: (step: GeneratedToken) => void | Promise<void>
}

export interface GeneratedToken {
  /** Which prompt. */
  readonly row: number
  readonly token: number
  /** What the token adds to the text; a character that is not complete yet comes with the token that completes it. */
  readonly text: string
}

export interface TextGenerationResult {
  /** What follows each prompt; empty without a tokenizer. */
  readonly texts: readonly string[]
  /** New tokens of each row; the stop token, where there was one, is the last. */
  readonly tokens: readonly (readonly number[])[]
  readonly endings: readonly Ending[]
  readonly seeds: readonly number[]
}

export interface TextGenerationOptions extends PipelineOptions {
  /** Default the `tokenizer.json` of the model's folder. */
  readonly tokenizer?: TextTokenizer
}

export type TextGeneration = Pipeline<TextGenerationInput, TextGenerationResult>

const defaultMost = 64

/** A text-generation pipeline of a decoder. Throws `no-decoder` for other models. */
export async function textGeneration(
  model: Model,
  options: TextGenerationOptions = {},
): Promise<TextGeneration> {
  const decoder = openDecoder(model)
  const config = await readGenerationConfig(model)
  const tokenizer = options.tokenizer ?? (await findTextTokenizer(model))
  return openPipeline<TextGenerationInput, TextGenerationResult>(model, options, async (begin, input) => {
    const starts = startsOf(input, tokenizer)
    const seeds = rowSeeds(input.seed ?? 0, starts.length)
    const results = new Map<number, { readonly tokens: readonly number[]; readonly ending: Ending }>()
    for (const rows of rowsTogether(starts, decoder.pads)) {
      const job = jobOf({ decoder, config, tokenizer, begin, input, starts, seeds }, rows)
      for (const [i, result] of (await decodeRows(job)).entries()) results.set(rows[i] ?? 0, result)
    }
    const ordered = starts.map((_, row) => results.get(row) ?? { tokens: [], ending: 'length' as const })
    const text = (row: number): string =>
      tokenizer ? textStream(tokenizer, starts[row] ?? []).all(ordered[row]?.tokens ?? []) : ''
    return {
      texts: tokenizer ? ordered.map((_, row) => text(row)) : [],
      tokens: ordered.map(({ tokens }) => tokens),
      endings: ordered.map(({ ending }) => ending),
      seeds,
    }
  })
}

function startsOf(
  { prompt, tokens }: TextGenerationInput,
  tokenizer: TextTokenizer | undefined,
): readonly (readonly number[])[] {
  const prompts = prompt === undefined ? [] : typeof prompt === 'string' ? [prompt] : prompt
  const starts = tokens ?? prompts.map(text => requireTokenizer(tokenizer).encode(text))
  if (starts.length > 0 && starts.every(({ length }) => length > 0)) return starts
  throw new DamsonError('input', 'Expected a prompt, or tokens with at least one id in each row, got none.')
}

interface Run {
  readonly decoder: Decoder
  readonly config: GenerationConfig
  readonly tokenizer: TextTokenizer | undefined
  readonly begin: Begin
  readonly input: TextGenerationInput
  readonly starts: readonly (readonly number[])[]
  readonly seeds: readonly number[]
}

function jobOf({ decoder, config, tokenizer, begin, input, ...all }: Run, rows: readonly number[]): RowsJob {
  const starts = rows.map(row => all.starts[row] ?? [])
  const seeds = rows.map(row => all.seeds[row] ?? 0)
  const { signal, controls, onToken } = input
  const streams = tokenizer && onToken ? starts.map(start => textStream(tokenizer, start)) : []
  const stopTokens = input.stopTokens ?? config.stopTokens
  return {
    run: begin({
      ...{ batch: rows.length, ...(seeds[0] === undefined ? {} : { seed: seeds[0] }) },
      ...(controls ? { controls } : {}),
      ...(signal ? { signal } : {}),
    }),
    ...{ decoder, starts, seeds, signal, choice: choiceOf(input, config) },
    pad: tokenizer?.pad ?? config.padToken ?? stopTokens[0] ?? 0,
    least: starts.map(({ length }) => input.minTokens ?? config.least(length)),
    most: starts.map(({ length }) => mostOf(input, config, length)),
    stopTokens: new Set(stopTokens),
    suppressed: config.suppressTokens,
    suppressedFirst: config.beginSuppressTokens,
    useCache: input.useCache ?? true,
    onToken: (i, token, tokens, ending) =>
      onToken?.({ row: rows[i] ?? 0, token, text: streams[i]?.next(tokens, ending !== undefined) ?? '' }),
  }
}

function choiceOf(input: TextGenerationInput, config: GenerationConfig): RowsJob['choice'] {
  const choice = {
    temperature: input.temperature ?? config.temperature,
    topK: input.topK ?? config.topK,
    topP: input.topP ?? config.topP,
    repetitionPenalty: input.repetitionPenalty ?? config.repetitionPenalty,
  }
  const { temperature, topK, topP, repetitionPenalty } = choice
  if (
    temperature >= 0 &&
    Number.isInteger(topK) &&
    topK >= 0 &&
    topP > 0 &&
    topP <= 1 &&
    repetitionPenalty > 0
  )
    return choice
  throw new DamsonError(
    'input',
    `Expected temperature ≥ 0, topK a whole number ≥ 0, 0 < topP ≤ 1 and repetitionPenalty > 0, got ${JSON.stringify(choice)}.`,
  )
}

/** New tokens at most: what was asked for, cut to the positions that the model has. */
function mostOf({ maxTokens }: TextGenerationInput, config: GenerationConfig, length: number): number {
  const wanted = maxTokens ?? config.most(length) ?? defaultMost
  if (!Number.isInteger(wanted) || wanted < 0)
    throw new DamsonError('input', `Expected maxTokens, a whole number from 0, got ${wanted}.`)
  const room = config.positions === undefined ? Infinity : config.positions - length
  if (room >= 1) return Math.min(wanted, room)
  throw new DamsonError(
    'input',
    `Expected a prompt of fewer than ${config.positions} tokens, which the model has positions for, got ${length}.`,
  )
}
