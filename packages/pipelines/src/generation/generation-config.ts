// What a model says about how it wants to be sampled: `generation_config.json`, and `config.json` for what older models keep there.
import type { Model } from '@damson/core'
import { numberIn, numbersIn, readJsonFile, type Json } from '../model-files.ts'

export interface GenerationConfig {
  readonly json: Json
  readonly stopTokens: readonly number[]
  readonly padToken: number | undefined
  /** Positions that the model was made for. */
  readonly positions: number | undefined
  readonly temperature: number
  readonly topK: number
  readonly topP: number
  readonly repetitionPenalty: number
  readonly suppressTokens: readonly number[]
  readonly beginSuppressTokens: readonly number[]
  /** New tokens after a start of `length`: at most, at least. */
  most(length: number): number | undefined
  least(length: number): number
}

export async function readGenerationConfig(model: Model): Promise<GenerationConfig> {
  const config = (await readJsonFile(model, 'config.json')) ?? {}
  const json: Json = { ...config, ...(await readJsonFile(model, 'generation_config.json')) }
  const number = (key: string): number | undefined => numberIn(json, key)
  const positionNames = ['max_position_embeddings', 'n_positions', 'max_target_positions', 'max_seq_len']
  const longest = number('max_length')
  return {
    json,
    stopTokens: numbersIn(json, 'eos_token_id') ?? [],
    padToken: number('pad_token_id'),
    positions: positionNames.map(key => numberIn(config, key)).find(value => value !== undefined),
    temperature: json['do_sample'] === true ? (number('temperature') ?? 1) : 0,
    topK: number('top_k') ?? 0,
    topP: number('top_p') ?? 1,
    repetitionPenalty: number('repetition_penalty') ?? 1,
    suppressTokens: numbersIn(json, 'suppress_tokens') ?? [],
    beginSuppressTokens: numbersIn(json, 'begin_suppress_tokens') ?? [],
    most: length =>
      number('max_new_tokens') ?? (longest === undefined ? undefined : Math.max(0, longest - length)),
    least: length => number('min_new_tokens') ?? Math.max(0, (number('min_length') ?? 0) - length),
  }
}
