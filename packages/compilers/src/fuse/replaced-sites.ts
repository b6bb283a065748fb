// Which sites a fused graph was made of: the nodes and weights that were not there before tell by their marks.
import { facts, modelOf, type Group, type Site } from '@damson/core'
import { walk, weights, type Graph, type Node } from '@damson/graph'
import type { Traced } from './traced.ts'

/**
 * A fact of its own, ended wherever something is fused or taken apart: a norm that becomes one operator of ONNX is as plain as
 * before, and only a group that ends a fact keeps to the place that the user gave.
 */
export const asWritten = {
  'x:compilers/as-written': {
    sentence: 'the node stands in the operators that its exporter wrote',
    scope: 'node',
    initially: true,
  },
} as const

/** What fusing says of any site. */
export const contract = {
  needs: ['weight:float'],
  takes: ['op:plain', 'x:compilers/as-written'],
  gives: ['op:plain'],
  changes: true,
} as const

/** A group for each set of sites that became one another's. Weights among them were computed anew. */
export function replacedSites(traced: Traced, before: Graph, after: Graph): readonly Group[] {
  const known = new Set([...walk(before)].map(({ node }) => keyOf(node)))
  const tensors = new Map(weights(before).map(({ id, tensor }) => [id, tensor.key]))
  const nodes = [...walk(after)].map(({ node }) => node)
  const made = nodes.flatMap(node => (known.has(keyOf(node)) ? [] : [node.origins]))
  const computed = weights(after).flatMap(({ id, tensor, origins }) =>
    tensors.get(id) === tensor.key ? [] : [origins],
  )
  const part = modelOf(after).part('model')
  const isPlain = (node: Node): boolean => facts['op:plain'].probe?.({ node }, part) === true
  const fused = new Set(nodes.flatMap(node => (isPlain(node) ? [] : node.origins)))
  return joined([...made, ...computed]).flatMap(marks => {
    const sitesOf = (wanted: (site: Site, isFused: boolean) => boolean): readonly Site[] =>
      marks.flatMap(mark => {
        const site = traced.site(mark)
        return site && wanted(site, fused.has(mark)) ? [site] : []
      })
    const { needs, takes, gives } = contract
    const written = takes.slice(1)
    const groups: readonly Group[] = [
      { sites: sitesOf((site, isFused) => 'node' in site && isFused), takes, changes: true },
      {
        sites: sitesOf((site, isFused) => 'node' in site && !isFused && isPlain(site.node)),
        takes: written,
        changes: true,
      },
      {
        sites: sitesOf((site, isFused) => 'node' in site && !isFused && !isPlain(site.node)),
        takes: written,
        gives,
        changes: true,
      },
      { sites: sitesOf(site => 'weight' in site), needs, changes: true },
    ]
    return groups.filter(({ sites }) => sites.length > 0)
  })
}

const keyOf = ({ domain, op, origins }: Node): string => [domain, op, ...origins].join('\n')

/** Lists that share an element as one list, in order of their first elements. */
function joined(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const leader = new Map<string, string>()
  const find = (mark: string): string => {
    let top = mark
    for (let next = leader.get(top); next !== undefined && next !== top; next = leader.get(top)) top = next
    return top
  }
  for (const list of lists) {
    const [first] = list
    if (first === undefined) continue
    for (const mark of list) leader.set(find(mark), find(first))
  }
  const sets = new Map<string, string[]>()
  for (const mark of new Set(lists.flat())) {
    const set = sets.get(find(mark))
    if (set) set.push(mark)
    else sets.set(find(mark), [mark])
  }
  return [...sets.values()]
}
