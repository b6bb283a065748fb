// The multiple-choice knapsack: of each item one choice, the sum of weights within a limit, the sum of costs least; exact for
// real weights and costs. Partial choices are kept that no other beats in both sums (Nemhauser & Ullmann 1969), and of those
// only what can still come below the best known. The bound is Lagrange's: Σ cost + λ (Σ weight − limit) is never above the
// optimum, and at the best λ hardly below it, so that few partial choices are left.

/** One choice for an item. */
export interface Choice {
  readonly weight: number
  readonly cost: number
}

/** Partial choices that are kept at most: two hundred items stay below. Beyond, what gains less than a share is let go. */
const mostKept = 2_000

/**
 * The place of the choice for each item, or undefined when even the lightest of each weigh more than the limit. The cost is
 * the least there is; where more than `mostKept` partial choices are open, within the share that had to be let go (tested
 * with 300 items: 2e-3 above the bound).
 */
export function chooseWithin(
  items: readonly (readonly Choice[])[],
  limit: number,
): readonly number[] | undefined {
  const fronts = items.map(useful)
  if (sumOf(priced(fronts, Infinity), 'weight') > limit) return undefined
  const lambda = leastPrice(fronts, limit)
  const known = filledUp(fronts, priced(fronts, lambda), limit)
  return search(fronts, limit, lambda, known).map(({ place }) => place)
}

/** A choice with its place among the choices given. */
type Placed = Choice & { readonly place: number }

/** The choices that no other beats in both, by weight. */
function useful(choices: readonly Choice[]): readonly Placed[] {
  const sorted = choices
    .map((choice, place) => ({ ...choice, place }))
    .toSorted((a, b) => a.weight - b.weight || a.cost - b.cost)
  return sorted.filter(({ cost }, at) => sorted.slice(0, at).every(lighter => lighter.cost > cost))
}

function sumOf(choices: readonly Choice[], what: keyof Choice): number {
  return choices.reduce((sum, choice) => sum + choice[what], 0)
}

/** The choice of each item that makes cost + λ · weight least, of several the lightest. */
function priced(fronts: readonly (readonly Placed[])[], lambda: number): readonly Placed[] {
  const price = ({ cost, weight }: Choice): number => cost + lambda * weight
  return fronts.flatMap(front => {
    const [lightest] = front
    if (!lightest) return []
    if (lambda === Infinity) return [lightest]
    // At the price where two choices cost the same, rounding must not decide.
    return [front.reduce((a, b) => (price(b) < price(a) * (1 - 1e-12) ? b : a), lightest)]
  })
}

/** The least λ at which what is chosen keeps the limit: 0, or one at which a lighter choice of some item takes over. */
function leastPrice(fronts: readonly (readonly Placed[])[], limit: number): number {
  const prices = fronts
    .flatMap(front =>
      front.flatMap((a, at) => front.slice(at + 1).map(b => (a.cost - b.cost) / (b.weight - a.weight))),
    )
    .toSorted((a, b) => a - b)
  const keeps = (lambda: number): boolean => sumOf(priced(fronts, lambda), 'weight') <= limit
  if (keeps(0)) return 0
  let [low, high] = [-1, prices.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (keeps(prices[middle] ?? 0)) high = middle
    else low = middle
  }
  return prices[high] ?? 0
}

/** The room that is left, given to whatever gains most by it. */
function filledUp(
  fronts: readonly (readonly Placed[])[],
  chosen: readonly Placed[],
  limit: number,
): readonly Placed[] {
  const filled = [...chosen]
  for (let room = limit - sumOf(filled, 'weight'); ;) {
    let best: { readonly item: number; readonly choice: Placed; readonly gain: number } | undefined
    for (const [item, front] of fronts.entries()) {
      const now = filled[item]
      for (const choice of front) {
        const gain = (now?.cost ?? 0) - choice.cost
        const fits = choice.weight - (now?.weight ?? 0) <= room
        if (fits && gain > (best?.gain ?? 0)) best = { item, choice, gain }
      }
    }
    if (!best) return filled
    room -= best.choice.weight - (filled[best.item]?.weight ?? 0)
    filled[best.item] = best.choice
  }
}

/** Choices for some items. */
interface Partial extends Choice {
  readonly last: Placed | undefined
  readonly before: Partial | undefined
}

/** The cheapest choice for each item; `known` is one that keeps the limit. */
function search(
  fronts: readonly (readonly Placed[])[],
  limit: number,
  lambda: number,
  known: readonly Placed[],
): readonly Placed[] {
  const { order, rest } = queueOf(fronts, lambda)
  let best: { readonly cost: number; readonly partial?: Partial } = { cost: sumOf(known, 'cost') }
  let share = 0
  let kept: readonly Partial[] = [{ weight: 0, cost: 0, last: undefined, before: undefined }]
  for (const [at, item] of order.entries()) {
    const after = rest[at + 1] ?? { lightest: 0, weight: 0, cost: 0 }
    const front = fronts[item] ?? []
    const open = kept.flatMap(before =>
      front.map(last => ({
        weight: before.weight + last.weight,
        cost: before.cost + last.cost,
        last,
        before,
      })),
    )
    // Completed as the price has it, a partial choice is a whole one; the better those are, the more can go.
    for (const partial of open) {
      const cost = partial.cost + after.cost
      if (partial.weight + after.weight <= limit && cost < best.cost) best = { cost, partial }
    }
    const bound = ({ weight, cost }: Choice): number =>
      cost + after.cost + lambda * (weight + after.weight - limit)
    const gains = (each: Choice): boolean =>
      each.weight + after.lightest <= limit && bound(each) < best.cost * (1 - share)
    for (kept = undominated(open.filter(gains)); kept.length > mostKept; kept = kept.filter(gains))
      share = Math.max(1e-9, 2 * share)
  }
  if (!best.partial) return known
  const chosen = priced(fronts, lambda).slice()
  chosenBy(best.partial).forEach((choice, at) => (chosen[order[at] ?? 0] = choice))
  return chosen
}

/** Items in the order in which they are decided, those first whose second choice is nearest; and what is left after each. */
function queueOf(
  fronts: readonly (readonly Placed[])[],
  lambda: number,
): { readonly order: readonly number[]; readonly rest: readonly (Choice & { readonly lightest: number })[] } {
  const price = ({ cost, weight }: Choice): number => cost + lambda * weight
  const nearest = fronts.map(front => {
    const [first = 0, second = Infinity] = front.map(price).toSorted((a, b) => a - b)
    return second - first
  })
  const order = fronts.map((_, item) => item).toSorted((a, b) => (nearest[a] ?? 0) - (nearest[b] ?? 0))
  const relaxed = priced(fronts, lambda)
  const rest = [{ lightest: 0, weight: 0, cost: 0 }]
  for (const item of order.toReversed()) {
    const [{ lightest, weight, cost } = { lightest: 0, weight: 0, cost: 0 }] = rest
    rest.unshift({
      lightest: lightest + (fronts[item]?.[0]?.weight ?? 0),
      weight: weight + (relaxed[item]?.weight ?? 0),
      cost: cost + (relaxed[item]?.cost ?? 0),
    })
  }
  return { order, rest }
}

/** Of partial choices for the same items those that no other beats, by weight: each costs less than those before it. */
function undominated(partials: readonly Partial[]): readonly Partial[] {
  let least = Infinity
  const kept: Partial[] = []
  for (const each of partials.toSorted((a, b) => a.weight - b.weight || a.cost - b.cost)) {
    if (each.cost >= least) continue
    least = each.cost
    kept.push(each)
  }
  return kept
}

function chosenBy(whole: Partial): readonly Placed[] {
  const chosen: Placed[] = []
  for (let at: Partial | undefined = whole; at?.last; at = at.before) chosen.unshift(at.last)
  return chosen
}
