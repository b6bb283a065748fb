// A sample of many cases in which every two things that ever meet, meet: pairwise covering, as combinatorial testing has it
// (Cohen et al., The AETG system, 1997). The cases are given, not made, so those that cannot be need no rules.

/**
 * Indices of a few cases that together hold every pair of values that some case holds and that counts. Greedy: each one covers the most
 * pairs not yet seen, the first of equals; so the same cases give the same sample, at most a factor of ln(pairs) too many.
 */
export function coveringSample(
  cases: readonly (readonly string[])[],
  counts: (a: string, b: string) => boolean = () => true,
): readonly number[] {
  const pairs = cases.map(values => pairsOf(values, counts))
  const open = new Set(pairs.flat())
  const taken: number[] = []
  while (open.size > 0) {
    const gains = pairs.map(each => each.filter(pair => open.has(pair)).length)
    const best = gains.indexOf(Math.max(...gains))
    for (const pair of pairs[best] ?? []) open.delete(pair)
    taken.push(best)
  }
  return taken
}

/** Each two values of a case, whichever comes first. */
function pairsOf(values: readonly string[], counts: (a: string, b: string) => boolean): readonly string[] {
  const all = values.flatMap((a, at) =>
    values
      .slice(at + 1)
      .filter(b => counts(a, b))
      .map(b => JSON.stringify(a < b ? [a, b] : [b, a])),
  )
  return [...new Set(all)]
}
