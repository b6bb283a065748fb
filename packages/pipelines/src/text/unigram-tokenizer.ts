// A list of pieces with their scores, as Universal Sentence Encoder and other SentencePiece models publish it, as a
// `tokenizer.json` would describe it.
import { textTokenizer, type TextTokenizer } from './text-tokenizer.ts'

export interface UnigramOptions {
  /** Index of the piece that stands for what no piece covers. Default 0. */
  readonly unknown?: number
  /** Index of the piece that fills up short rows; default none. */
  readonly pad?: number
}

/** A tokenizer of pieces (`▁the`) and the logarithms of their probabilities; the id of a piece is its place. */
export function unigramTokenizer(
  pieces: readonly (readonly [piece: string, score: number | null])[],
  { unknown = 0, pad }: UnigramOptions = {},
): TextTokenizer {
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: false }
  const definition = {
    version: '1.0',
    added_tokens: [],
    normalizer: { type: 'NFKC' },
    pre_tokenizer: metaspace,
    post_processor: null,
    decoder: metaspace,
    // Pieces without a score are symbols that are always taken.
    model: { type: 'Unigram', unk_id: unknown, vocab: pieces.map(([piece, score]) => [piece, score ?? 0]) },
  }
  const padToken = pad === undefined ? undefined : pieces[pad]?.[0]
  return textTokenizer(definition, padToken === undefined ? {} : { pad_token: padToken })
}
