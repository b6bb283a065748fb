// The sites of one part, numbered: every weight and node has a key, a name for messages, and origins. Planning compares
// sets of keys, so it needs no graph walk per step. Built once per plan and part; linear in nodes.
import {
  innerScopes,
  nodeIdentity,
  resolve,
  walk,
  weights,
  type Node,
  type Scope,
  type Visit,
  type Weight,
} from '@damson/graph'
import type { Site } from './algorithm.ts'
import type { FactInfo } from './facts.ts'
import type { Part } from './model.ts'

/** `w:` and a weight's id, `n:` and a node's number in walking order, or `part`. */
export type SiteKey = string
export const wholePart: SiteKey = 'part'

export class SiteIndex {
  readonly part: Part
  readonly #nodes: readonly Visit[]
  readonly #numbers = new Map<Node, number>()
  readonly #weights = new Map<string, Weight>()
  #sources: readonly (readonly number[])[] | undefined

  constructor(part: Part) {
    this.part = part
    this.#nodes = [...walk(part.graph)]
    this.#nodes.forEach(({ node }, number) => this.#numbers.set(node, number))
    for (const weight of weights(part.graph)) this.#weights.set(weight.id, weight)
  }

  /** The key of a site; undefined for a node or weight that is not in this graph. */
  keyOf(site: Site): SiteKey | undefined {
    if ('part' in site) return wholePart
    if ('weight' in site) return this.#weights.has(site.weight.id) ? `w:${site.weight.id}` : undefined
    const number = this.#numbers.get(site.node)
    return number === undefined ? undefined : `n:${number}`
  }

  siteOf(key: SiteKey): Site {
    const weight = key.startsWith('w:') ? this.#weights.get(key.slice(2)) : undefined
    if (weight) return { weight }
    const visit = key.startsWith('n:') ? this.#nodes[Number(key.slice(2))] : undefined
    return visit ? { node: visit.node, path: visit.scope.path } : { part: this.part }
  }

  /** All keys of the sites where facts of a scope hold. */
  keys(scope: FactInfo['scope']): readonly SiteKey[] {
    if (scope === 'weight') return [...this.#weights.keys()].map(id => `w:${id}`)
    if (scope === 'node') return this.#nodes.map((_, number) => `n:${number}`)
    return [wholePart]
  }

  get nodes(): readonly Visit[] {
    return this.#nodes
  }
  get weights(): Iterable<Weight> {
    return this.#weights.values()
  }

  /** What a site is called in messages: a node's name, the node that a weight feeds, or the part. */
  label(key: SiteKey): string {
    const site = this.siteOf(key)
    if ('node' in site) return nodeIdentity(site.node)
    if ('part' in site) return site.part.name
    const use = site.weight.uses[0]
    return use ? nodeIdentity(use.node) : site.weight.name
  }

  /** Numbers of the nodes that a site is or feeds. */
  nodesAt(key: SiteKey): readonly number[] {
    const site = this.siteOf(key)
    if ('part' in site) return this.#nodes.map((_, number) => number)
    const touched = 'node' in site ? [site.node] : site.weight.uses.map(use => use.node)
    return touched.flatMap(node => this.#numbers.get(node) ?? [])
  }

  /** The nodes from which some node of `from` is reached, those themselves included. */
  upstream(from: Iterable<number>): ReadonlySet<number> {
    const seen = new Set(from)
    const queue = [...seen]
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const source of this.#sourcesOf(next)) {
        if (seen.has(source)) continue
        seen.add(source)
        queue.push(source)
      }
    }
    return seen
  }

  #sourcesOf(number: number): readonly number[] {
    this.#sources ??= this.#link()
    return this.#sources[number] ?? []
  }

  /**
   * Per node: who makes what it reads. A node in a nested body also depends on what its holder reads (the condition, the
   * inputs of a loop), and the holder on what makes the outputs of the body.
   */
  #link(): readonly (readonly number[])[] {
    const around = new Map<string, readonly number[]>()
    return this.#nodes.map(({ scope, node }) => {
      const read = [...this.#producersOf(scope, node.inputs), ...(around.get(scope.path) ?? [])]
      const links = new Set(read)
      for (const inner of innerScopes(scope, node)) {
        around.set(inner.path, read)
        const results = inner.body.outputs.map(output => output.name)
        for (const number of this.#producersOf(inner, results)) links.add(number)
      }
      return [...links]
    })
  }

  #producersOf(scope: Scope, names: readonly string[]): readonly number[] {
    return names.flatMap(name => {
      const producer = name === '' ? undefined : resolve(scope, name)?.body.producer(name)
      return producer === undefined ? [] : (this.#numbers.get(producer) ?? [])
    })
  }
}
