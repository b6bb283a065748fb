// The vocabulary file of llama2.c (`tokenizer.bin`), as a `tokenizer.json` would describe it. The file has SentencePiece's
// pieces and scores and no merges: those are all pairs of pieces that make a piece, the best score first.
import { DamsonError } from '@damson/graph'
import type { Json } from '../model-files.ts'
import { textTokenizer, type TextTokenizer } from './text-tokenizer.ts'

interface Piece {
  readonly text: string
  readonly score: number
}

const space = '▁'
const [unknown, begin, end] = ['<unk>', '<s>', '</s>'] as const
/** Unknown, begin, end, and one token for each byte. */
const fixedTokens = 3 + 256

/** A tokenizer from the bytes of a `tokenizer.bin`. Throws `tokenizer` when they are cut off. */
export function llama2cTokenizer(bytes: Uint8Array): TextTokenizer {
  return textTokenizer(definitionOf(readPieces(bytes)), { bos_token: begin, eos_token: end })
}

/** int32 longest length, then for each piece: float32 score, int32 length, UTF-8 bytes. */
function readPieces(bytes: Uint8Array): readonly Piece[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const pieces: Piece[] = []
  for (let at = 4; at < bytes.length;) {
    const length = at + 8 <= bytes.length ? view.getInt32(at + 4, true) : -1
    const from = at + 8
    if (length < 0 || from + length > bytes.length)
      throw new DamsonError('tokenizer', `Expected a piece at byte ${at}, got the end of the file.`)
    const text = new TextDecoder().decode(bytes.subarray(from, from + length))
    pieces.push({ text: text.replaceAll(' ', space), score: view.getFloat32(at, true) })
    at = from + length
  }
  return pieces
}

function definitionOf(read: readonly Piece[]): Json {
  // llama2.c writes the special tokens with line breaks around them.
  const pieces = read.map((piece, id) => (id < 3 ? { ...piece, text: piece.text.trim() } : piece))
  const vocabulary = new Map(pieces.map(({ text }, id) => [text, id]))
  const special = (content: string): Json => ({
    ...{ id: vocabulary.get(content), content, special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
  })
  const replace = (from: string, to: string): Json => ({
    ...{ type: 'Replace', pattern: { String: from }, content: to },
  })
  return {
    version: '1.0',
    added_tokens: [unknown, begin, end].map(special),
    normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: space }, replace(' ', space)] },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: begin, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { [begin]: { id: begin, ids: [vocabulary.get(begin)], tokens: [begin] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        replace(space, ' '),
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      ...{ dropout: null, unk_token: unknown, fuse_unk: true, byte_fallback: true, ignore_merges: false },
      vocab: Object.fromEntries(vocabulary),
      merges: mergesOf(pieces, vocabulary),
    },
  }
}

/** All pairs of pieces that make a piece; the order of the pieces' scores is that of the merges. */
function mergesOf(pieces: readonly Piece[], vocabulary: ReadonlyMap<string, number>): readonly string[][] {
  const merged = pieces.slice(fixedTokens).toSorted((a, b) => b.score - a.score)
  return merged.flatMap(({ text }) => {
    const characters = [...text]
    const pairs = characters.slice(1).map((_, i) => {
      const split = characters.slice(0, i + 1).join('').length
      return [text.slice(0, split), text.slice(split)]
    })
    return pairs.filter(pair => pair.every(side => vocabulary.has(side)))
  })
}
