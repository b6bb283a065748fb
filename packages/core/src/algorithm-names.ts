// Algorithms by name: in full, or by the tail of the id as long as only one of the list has it.
import { DamsonError } from '@damson/graph'
import type { AnyAlgorithm } from './algorithm.ts'
import { algorithmOf } from './define.ts'
import { nearest } from './near.ts'

/** A list of algorithms as users have it: what they import, or the bare algorithms. */
export type Algorithms = Iterable<AnyAlgorithm | { readonly algorithm: AnyAlgorithm }>

/** The algorithm of that id or tail (`hqq`, `quantizers/hqq`). Throws `unknown-algorithm` or `ambiguous-algorithm`. */
export function findAlgorithm(name: string, algorithms: Algorithms): AnyAlgorithm {
  const list = [...new Set([...algorithms].map(algorithmOf))]
  const found = list.filter(({ id }) => id === name)
  const tails = found.length > 0 ? found : list.filter(({ id }) => id.endsWith(`/${name}`))
  if (tails[0] && tails.length === 1) return tails[0]
  if (tails.length > 1) {
    throw new DamsonError(
      'ambiguous-algorithm',
      `"${name}" may be ${tails.map(({ id }) => id).join(' or ')}. Write the full id.`,
      { details: { name, ids: tails.map(({ id }) => id) } },
    )
  }
  const near = nearest(name, [...list.map(({ id }) => id), ...list.map(({ id }) => shortest(id))])
  const hint =
    near === undefined
      ? `Known are ${list.map(({ id }) => id).join(', ') || 'none'}`
      : `Did you mean "${near}"`
  throw new DamsonError(
    'unknown-algorithm',
    `Expected the id of an algorithm, got "${name}". ${hint}${near === undefined ? '.' : '?'}`,
    {
      details: { name },
    },
  )
}

/** The shortest name that means this algorithm among those given. */
export function shortName(algorithm: AnyAlgorithm, among: Algorithms): string {
  const ids = [...new Set([...[...among].map(algorithmOf), algorithm])].map(({ id }) => id)
  const parts = algorithm.id.split('/')
  for (let count = 1; count < parts.length; count++) {
    const tail = parts.slice(-count).join('/')
    if (ids.filter(id => id === tail || id.endsWith(`/${tail}`)).length === 1) return tail
  }
  return algorithm.id
}

function shortest(id: string): string {
  return id.split('/').at(-1) ?? id
}
