// Nothing is left alone silently: one warning a part says which weights stay as they are, and why.
import { facts, formatBytes, type Group, type Part } from '@damson/core'
import type { Refusal, Weight } from '@damson/graph'

/** A weight that stays, with the reason. */
export interface LeftAlone {
  readonly weight: Weight
  readonly refusal: Refusal
}

/**
 * True for what a quantizer of weights is asked about: matrices and more; vectors (biases, norms) are never coded, and scales
 * that an earlier step left beside its codes are no weights.
 */
export function isCandidate(weight: Weight, part: Part): boolean {
  const { tensor, uses } = weight
  const isMatrix = tensor.shape.length >= 2 && /^b?float/.test(tensor.dtype) && uses.length > 0
  return isMatrix && facts['weight:float'].probe?.({ weight }, part) !== undefined
}

/** Ids of the weights that a step claimed to code in a part; what it only changes is not among them. */
export function claimedWeights(groups: readonly Group[]): ReadonlySet<string> {
  const coded = groups.filter(({ takes }) => takes !== undefined)
  return new Set(
    coded.flatMap(({ sites }) => sites.flatMap(site => ('weight' in site ? [site.weight.id] : []))),
  )
}

type Warns = {
  warn(code: string, message: string, details?: Readonly<Record<string, unknown>>): void
}

/** Warns of the weights of a part that stay, counted by reason, the reason of most bytes first. */
export function warnLeftAlone(ctx: Warns, part: string, left: readonly LeftAlone[]): void {
  warnByReason(ctx, { code: 'left-alone', what: 'left alone' }, part, left)
}

/** The same of weights that something else happens to than what was asked for. */
export function warnByReason(
  ctx: Warns,
  { code, what }: { readonly code: string; readonly what: string },
  part: string,
  left: readonly LeftAlone[],
): void {
  if (left.length === 0) return
  const reasons = new Map<string, Weight[]>()
  for (const { weight, refusal } of left) {
    const same = reasons.get(refusal.refused)
    if (same) same.push(weight)
    else reasons.set(refusal.refused, [weight])
  }
  const counted = [...reasons]
    .map(([reason, weights]) => ({ reason, bytes: bytesOf(weights), weights: weights.map(({ id }) => id) }))
    .toSorted((a, b) => b.bytes - a.bytes)
  const list = counted.map(({ reason, weights }) => `${weights.length} like "${weights[0] ?? ''}": ${reason}`)
  const bytes = bytesOf(left.map(({ weight }) => weight))
  ctx.warn(
    code,
    `Part "${part}": ${what}, ${left.length} ${left.length === 1 ? 'weight' : 'weights'} (${formatBytes(bytes)}). ${list.join('; ')}.`,
    { part, bytes, reasons: counted },
  )
}

function bytesOf(weights: readonly Weight[]): number {
  return weights.reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
}
