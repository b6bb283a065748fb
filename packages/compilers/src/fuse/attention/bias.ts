// The masks of an attention as one tensor to be added: [1 or b, 1 or n, s, t]. MultiHeadAttention and GroupQueryAttention
// repeat only the first two dimensions, so rows and keys have to be there in full.
import type { Dim } from '@damson/graph'
import { boundsOf } from './bounds.ts'
import type { Attention } from './describe.ts'
import { miss, type Miss } from '../seek/miss.ts'
import type { Mask } from './scores.ts'
import type { Site } from '../seek/site.ts'
import type { View } from '../seek/view.ts'

/** Masks below this swallow every score that is added to them: float32 numbers there are more than 1e22 apart. */
const swallowing = -1e30

/** Why the masks cannot be added as one tensor; undefined when they can. */
export function biasProblem(view: View, { masks, heads }: Attention): Miss | undefined {
  for (const mask of masks) {
    const value = mask.kind === 'add' ? mask.value : mask.where
    const shape = view.shape(value)
    if (!shape || shape.length < 2 || shape.length > 4) return miss(6, 'the mask is not 2-D to 4-D', value)
    if (mask.layout.length !== 4)
      return miss(6, 'batch and heads are one dimension where the mask is added', value)
    if (shape.at(-1) === 1) return miss(6, 'the mask does not tell keys apart', value)
    const perHead = shape.at(-3)
    if (shape.length > 2 && perHead !== 1 && perHead !== heads)
      return miss(6, `the mask has ${String(perHead)} heads, the attention ${heads}`, value)
    if (mask.kind === 'choose' && fillOf(view, mask) === undefined) {
      return miss(6, 'a row that is masked out wholly would keep its scores', mask.fill)
    }
  }
  return undefined
}

/** The number put where a mask of booleans hides scores, if adding it is the same as putting it. */
function fillOf(view: View, { fill }: Extract<Mask, { kind: 'choose' }>): number | undefined {
  const number = view.scalar(fill)
  return number !== undefined && number <= swallowing ? number : undefined
}

/** The least number that the masks add, -Infinity included; undefined when unknown. */
export function leastBias(view: View, { masks }: Attention): number | undefined {
  let least = 0
  for (const mask of masks) {
    const low = mask.kind === 'add' ? boundsOf(view, mask.value)?.low : fillOf(view, mask)
    if (low === undefined) return undefined
    least += Math.min(low, 0)
  }
  return Math.fround(least)
}

/** True when no mask tells heads apart. */
export function maskedAlike(view: View, { masks }: Attention): boolean {
  return masks.every(mask => {
    const shape = view.shape(mask.kind === 'add' ? mask.value : mask.where)
    return shape !== undefined && (shape.length < 3 || shape.at(-3) === 1)
  })
}

/** The tensor to be added; `''` when there is no mask. */
export function buildBias(site: Site, attention: Attention, query: string, queryAxis: number): string {
  const parts = attention.masks.map(mask => additive(site, mask, query))
  const [first, ...others] = parts
  if (first === undefined) return ''
  const sum = others.reduce((a, b) => site.once(`${a} + ${b}`, () => site.add('Add', [a, b])), first)
  return inFull(site, attention, sum, query, queryAxis)
}

function additive(site: Site, mask: Mask, like: string): string {
  if (mask.kind === 'add') return raised(site, mask.value)
  const key = `choose ${mask.where} ${mask.keep} ${site.keyOf(mask.fill)}`
  const value = site.once(key, () => {
    const zero = site.number(0, like)
    return site.add('Where', [mask.where, ...(mask.keep ? [zero, mask.fill] : [mask.fill, zero])])
  })
  return raised(site, value, site.view.shape(mask.where))
}

/** The mask with four dimensions. */
function raised(
  site: Site,
  value: string,
  shape: readonly Dim[] | undefined = site.view.shape(value),
): string {
  const missing = 4 - (shape?.length ?? 4)
  if (missing === 0) return value
  const axes = Array.from({ length: missing }, (_, at) => at)
  return site.once(`raised ${site.keyOf(value)}`, () => site.unsqueeze(value, axes))
}

/** Repeated for every row where it is one for all. */
function inFull(site: Site, attention: Attention, bias: string, query: string, queryAxis: number): string {
  const { masks, length } = attention
  const given = masks.map(mask => site.view.shape(mask.kind === 'add' ? mask.value : mask.where)?.at(-2))
  const full = given.some(rows => rows === length && rows !== null) || length === 1
  if (full) return bias
  const rows = length === null ? query : String(length)
  return site.once(`full ${site.keyOf(bias)} ${rows}`, () => {
    const one = site.integers([1])
    const target = site.add(
      'Concat',
      [one, one, site.size(query, queryAxis), one],
      { axis: 0 },
      `${bias}_shape`,
    )
    return site.add('Expand', [bias, target])
  })
}
