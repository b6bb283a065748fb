// Sizes for the dims that exporters leave open, by the names that they give them. Small: what runs in a second on a laptop.
import { dimNames, evaluateDim, type Dim } from '@damson/graph'

/** The first that matches decides. */
const usual: readonly (readonly [RegExp, number])[] = [
  [/batch|^n$|^b$/i, 2],
  [/past|cache|kv/i, 4],
  [/^steps?$/i, 1],
  [/packed/i, 16],
  [/latent/i, 8],
  [/height|width|^h$|^w$|size/i, 16],
  [/encoder.*(seq|len)/i, 8],
  [/seq|len|token/i, 3],
]

/** Sizes of a graph's open dims: those given by name or by whole expression, then by name; 1 for what nothing is known of. */
export function sizeOf(given: Readonly<Record<string, number>>): (dim: Dim) => number {
  return dim => {
    // 0 stands for unknown in files of some exporters.
    if (dim === null || dim === 0) return 1
    if (typeof dim === 'number') return dim
    const whole = given[dim]
    if (whole !== undefined) return whole
    const names = [...dimNames(dim)].map(name => [name, given[name] ?? usualSize(name)] as const)
    return evaluateDim(dim, new Map(names)) ?? usualSize(dim)
  }
}

function usualSize(name: string): number {
  return usual.find(([pattern]) => pattern.test(name))?.[1] ?? 1
}
