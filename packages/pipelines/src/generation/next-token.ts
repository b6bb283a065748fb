// One token from the scores of all: penalty, bans, temperature, top-k and top-p, in the order and with the meaning that
// transformers gives them. Pure: what is drawn is a function of the scores and of one number in 0…1.

export interface TokenChoice {
  /** 0 takes the best token; more divides the scores before one is drawn. */
  readonly temperature: number
  /** Only the best k are drawn from; 0: all. */
  readonly topK: number
  /** Only the best are drawn from whose probabilities add up to this; 1: all. */
  readonly topP: number
  /** Scores of tokens that were there are divided by it where positive, multiplied where negative; 1: as they are. */
  readonly repetitionPenalty: number
}

/** The next token of a row. `seen`: tokens that the penalty falls on; `banned`: tokens that may not come. */
export function nextToken(logits: Float32Array, choice: TokenChoice, { seen, banned, random }: Draw): number {
  const scores = logits.slice()
  if (choice.repetitionPenalty !== 1) penalize(scores, new Set(seen), choice.repetitionPenalty)
  for (const token of banned) scores[token] = -Infinity
  if (choice.temperature === 0) return best(scores)
  for (let i = 0; i < scores.length; i++) scores[i] = (scores[i] ?? 0) / choice.temperature
  return drawn(scores, leastScore(scores, choice), random)
}

export interface Draw {
  readonly seen: Iterable<number>
  readonly banned: Iterable<number>
  /** In 0…1. */
  readonly random: number
}

/** Keskar et al. 2019, CTRL, arXiv 1909.05858. */
function penalize(scores: Float32Array, seen: ReadonlySet<number>, penalty: number): void {
  for (const token of seen) {
    const score = scores[token] ?? 0
    scores[token] = score > 0 ? score / penalty : score * penalty
  }
}

/** The first of the highest. */
function best(scores: Float32Array): number {
  let at = 0
  for (let i = 1; i < scores.length; i++) if ((scores[i] ?? 0) > (scores[at] ?? 0)) at = i
  return at
}

/** The score under which nothing is drawn. Tokens of equal score stay together. */
function leastScore(scores: Float32Array, { topK, topP }: TokenChoice): number {
  const all = topK === 0 && topP >= 1
  if (all) return -Infinity
  const ascending = scores.toSorted()
  const top = ascending.at(-1) ?? 0
  const kept = topK === 0 ? ascending.length : Math.min(topK, ascending.length)
  let least = ascending[ascending.length - kept] ?? -Infinity
  if (topP >= 1) return least
  const considered = ascending.subarray(ascending.findIndex(score => score >= least))
  const total = considered.reduce((sum, score) => sum + Math.exp(score - top), 0)
  // Holtzman et al. 2019, arXiv 1904.09751: a token stays while those before it have less than topP together.
  let before = 0
  for (let i = considered.length - 1; i >= 0 && before < topP * total; i--) {
    least = considered[i] ?? least
    before += Math.exp(least - top)
  }
  return least
}

/** The token at which the probabilities, added up, pass `random`. */
function drawn(scores: Float32Array, least: number, random: number): number {
  const top = scores.reduce((most, score) => Math.max(most, score), -Infinity)
  const weight = (score: number): number => (score >= least ? Math.exp(score - top) : 0)
  let rest = random * scores.reduce((sum, score) => sum + weight(score), 0)
  let last = 0
  for (let i = 0; i < scores.length; i++) {
    const share = weight(scores[i] ?? -Infinity)
    if (share === 0) continue
    last = i
    rest -= share
    if (rest < 0) return i
  }
  return last
}
