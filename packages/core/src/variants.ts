// Variants of a transformers.js folder: which dtype each session is stored in. A dtype alone is that of every session;
// `q4@decoder_model_merged,fp16@embed_tokens` is one a session, and sessions that are not named have the dtype that stands
// alone, else fp32. The form is that of places in steps, so a preset and the variant it writes are spelled alike.
import { DamsonError } from '@damson/graph'

/** File name suffix of each transformers.js dtype. Source: its utils/dtypes.js. */
export const variantSuffixes: Readonly<Record<string, string>> = {
  fp32: '', fp16: '_fp16', int8: '_int8', uint8: '_uint8', q8: '_quantized', q4: '_q4', q4f16: '_q4f16',
  bnb4: '_bnb4', q2: '_q2', q2f16: '_q2f16', q1: '_q1', q1f16: '_q1f16',
} // prettier-ignore

/** A variant as it is written: a dtype for the sessions that are named, and one for the others. */
export interface Variant {
  readonly sessions: ReadonlyMap<string, string>
  readonly others: string
}

/** Reads `q4` or `q4@decoder_model_merged+lm_head,fp16@embed_tokens`. Throws `unknown-variant` with what was expected. */
export function parseVariant(text: string): Variant {
  const sessions = new Map<string, string>()
  let others: string | undefined
  for (const item of text.split(',')) {
    const [dtype = '', place] = item.split('@')
    if (variantSuffixes[dtype] === undefined)
      throw invalid(text, `"${dtype}" is none of ${Object.keys(variantSuffixes).join(', ')}`)
    if (place === undefined) {
      if (others !== undefined) throw invalid(text, 'more than one dtype stands without a session')
      others = dtype
    } else {
      for (const session of place.split('+')) {
        if (session === '') throw invalid(text, `"${item}" has an empty session`)
        if (sessions.has(session)) throw invalid(text, `the session "${session}" has two dtypes`)
        sessions.set(session, dtype)
      }
    }
  }
  return { sessions, others: others ?? 'fp32' }
}

/** The dtype that a session has in a variant; fp32 without one. */
export function dtypeOf(session: string, variant: string | undefined): string {
  const { sessions, others } = parseVariant(variant ?? 'fp32')
  return sessions.get(session) ?? others
}

/** Splits `model_q4` into its session name and dtype; the longest suffix wins. */
export function splitVariant(stem: string): { readonly session: string; readonly variant: string } {
  const found = Object.entries(variantSuffixes)
    .filter(([, suffix]) => suffix !== '' && stem.endsWith(suffix) && stem.length > suffix.length)
    .sort((a, b) => b[1].length - a[1].length)[0]
  return found
    ? { session: stem.slice(0, -found[1].length), variant: found[0] }
    : { session: stem, variant: 'fp32' }
}

function invalid(text: string, why: string): DamsonError {
  return new DamsonError(
    'unknown-variant',
    `Expected a variant like q4 or q4@decoder_model_merged,fp16@embed_tokens, got "${text}": ${why}.`,
  )
}
