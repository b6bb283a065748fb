// Our families and their algorithms, bound: what recipes, presets and the command resolve names against. `pnpm new` adds
// a family here; algorithms are found in what the families export.
import type { AnyAlgorithm } from '@damson/core'
import * as cachers from '@damson/cachers'
import * as compilers from '@damson/compilers'
import * as factorizers from '@damson/factorizers'
import * as quantizers from '@damson/quantizers'

/** What each family exports, by its name. */
export const families: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  cachers,
  compilers,
  factorizers,
  quantizers,
}

/** Every algorithm of ours, family by family. */
export const algorithms: readonly AnyAlgorithm[] = Object.values(families)
  .flatMap(family => Object.values(family))
  .flatMap(value => (isDefined(value) ? [value.algorithm] : []))

function isDefined(value: unknown): value is { readonly algorithm: AnyAlgorithm } {
  return typeof value === 'function' && 'algorithm' in value
}
