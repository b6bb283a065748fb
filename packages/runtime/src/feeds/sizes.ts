// Sizes for the dims that exporters leave open, by the names that they give them. Small: what runs in a second on a laptop.
import type { Dim } from '@damson/graph'
import { sizeOfDim } from '../live/dims.ts'

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

/** Sizes of a graph's open dims: those given, then by name; 1 for what nothing is known of. */
export function sizeOf(given: Readonly<Record<string, number>>): (dim: Dim) => number {
  const byName = (name: string): number | undefined =>
    given[name] ?? (isName(name) ? usualSize(name) : undefined)
  // 0 stands for unknown in files of some exporters.
  return dim => (dim === 0 ? 1 : (sizeOfDim(dim, byName) ?? 1))
}

function usualSize(name: string): number | undefined {
  return usual.find(([pattern]) => pattern.test(name))?.[1]
}

function isName(text: string): boolean {
  return /^[\w.:]+$/.test(text) && !/^\d+$/.test(text)
}
