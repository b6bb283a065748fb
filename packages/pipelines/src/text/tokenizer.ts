// Prompts to ids, through @huggingface/tokenizers, which reads the `tokenizer.json` of CLIP's byte pairs and T5's pieces alike;
// padded and cut as the text encoders of diffusion models were trained.
import type { Model } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { Tokenizer } from '@huggingface/tokenizers'
import { isJson, numberIn, readJsonFile, readTextFile, type Json } from '../model-files.ts'
import { clipTokenizer } from './clip-tokenizer.ts'

export interface PromptTokenizer {
  /** Tokens that the text encoder takes, if the tokenizer says. */
  readonly most: number | undefined
  /** Ids of a text, special tokens among them, neither padded nor cut. */
  encode(text: string): readonly number[]
  /** Exactly `length` ids: cut before the last special token, or padded. */
  padded(text: string, length: number): readonly number[]
}

/** The tokenizer in a folder of the model (`tokenizer`, `tokenizer_2`), or undefined when there is none. */
export async function openTokenizer(model: Model, folder: string): Promise<PromptTokenizer | undefined> {
  const config = (await readJsonFile(model, `${folder}/tokenizer_config.json`)) ?? {}
  const definition =
    (await readJsonFile(model, `${folder}/tokenizer.json`)) ?? (await fromMerges(model, folder, config))
  if (!definition) return undefined
  const tokenizer = new Tokenizer(definition, config)
  const encode = (text: string): readonly number[] => tokenizer.encode(text).ids
  const pad = padId(tokenizer, config)
  const said = numberIn(config, 'model_max_length')
  return {
    // Tokenizers without a limit say 10^30.
    most: said !== undefined && said < 1e6 ? said : undefined,
    encode,
    padded(text, length) {
      const ids = encode(text)
      if (ids.length > length) return [...ids.slice(0, length - 1), ids.at(-1) ?? pad]
      return [...ids, ...Array.from({ length: length - ids.length }, () => pad)]
    },
  }
}

/** Older exports have only CLIP's vocabulary and merges. */
async function fromMerges(model: Model, folder: string, config: Json): Promise<Json | undefined> {
  const vocabulary = await readJsonFile(model, `${folder}/vocab.json`)
  const merges = await readTextFile(model, `${folder}/merges.txt`)
  return vocabulary && merges !== undefined ? clipTokenizer(vocabulary, merges, config) : undefined
}

function padId(tokenizer: Tokenizer, config: Json): number {
  const token = config['pad_token']
  const text = isJson(token) ? token['content'] : token
  const id = typeof text === 'string' ? tokenizer.token_to_id(text) : undefined
  if (id !== undefined) return id
  throw new DamsonError(
    'tokenizer',
    'Expected a pad_token of the vocabulary in tokenizer_config.json, got none.',
  )
}
