// Texts to ids and back, for models that read or write text: a `tokenizer.json` through @huggingface/tokenizers.
import type { Model } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { Tokenizer } from '@huggingface/tokenizers'
import { isJson, numberIn, readJsonFile, type Json } from '../model-files.ts'

export interface TextTokenizer {
  /** Tokens that the model takes, if the tokenizer says. */
  readonly most: number | undefined
  /** The id that fills up short rows, if there is one. */
  readonly pad: number | undefined
  /** Ids of a text, special tokens among them. */
  encode(text: string): readonly number[]
  /** The text of ids; special tokens are left out. */
  decode(ids: readonly number[]): string
  /** The id of a token as the vocabulary writes it. */
  idOf(token: string): number | undefined
}

/** A tokenizer from what `tokenizer.json` and `tokenizer_config.json` hold. */
export function textTokenizer(definition: Json, config: Json = {}): TextTokenizer {
  const tokenizer = new Tokenizer(definition, config)
  const said = numberIn(config, 'model_max_length')
  const padToken = contentOf(config['pad_token'])
  return {
    // Tokenizers without a limit say 10^30.
    most: said !== undefined && said < 1e6 ? said : undefined,
    pad: padToken === undefined ? undefined : tokenizer.token_to_id(padToken),
    encode: text => tokenizer.encode(text).ids,
    decode: ids => (ids.length === 0 ? '' : tokenizer.decode([...ids], { skip_special_tokens: true })),
    idOf: token => tokenizer.token_to_id(token),
  }
}

/** A token of a configuration is its text, or an object with it. */
function contentOf(token: unknown): string | undefined {
  const text = isJson(token) ? token['content'] : token
  return typeof text === 'string' ? text : undefined
}

/** The tokenizer of a model's folder, at its top or in `tokenizer/`, or undefined when there is none. */
export async function findTextTokenizer(model: Model): Promise<TextTokenizer | undefined> {
  for (const folder of ['', 'tokenizer/']) {
    const definition = await readJsonFile(model, `${folder}tokenizer.json`)
    if (!definition) continue
    return textTokenizer(definition, (await readJsonFile(model, `${folder}tokenizer_config.json`)) ?? {})
  }
  return undefined
}

/** Throws `tokenizer` for a model that has none where one is needed. */
export function requireTokenizer(tokenizer: TextTokenizer | undefined): TextTokenizer {
  if (tokenizer) return tokenizer
  throw new DamsonError(
    'tokenizer',
    'Expected a tokenizer.json beside the model, found none. Pass { tokenizer }, or token ids instead of texts.',
  )
}
