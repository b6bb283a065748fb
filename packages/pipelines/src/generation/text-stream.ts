// Tokens to text as it grows. A token's text depends on what stands before it (spaces, characters of several tokens), so the whole
// is decoded and what is new is cut off.
import type { TextTokenizer } from '../text/text-tokenizer.ts'

export interface TextStream {
  /** What the last of these tokens adds; nothing while a character is incomplete, unless it is the `last` token. */
  next(tokens: readonly number[], last: boolean): string
  /** The text of all these tokens. */
  all(tokens: readonly number[]): string
}

const incomplete = '\ufffd'

/** The text after `start`. */
export function textStream(tokenizer: TextTokenizer, start: readonly number[]): TextStream {
  const before = tokenizer.decode(start).length
  let shown = before
  return {
    next(tokens, last) {
      const text = tokenizer.decode([...start, ...tokens])
      if (!last && text.endsWith(incomplete)) return ''
      const added = text.slice(shown)
      shown = Math.max(shown, text.length)
      return added
    },
    all: tokens => tokenizer.decode([...start, ...tokens]).slice(before),
  }
}
