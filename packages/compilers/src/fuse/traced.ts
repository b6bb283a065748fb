// A graph whose nodes and weights each carry one origin: where they stand in it. What fusing makes of them then tells which
// ones it was made of, so the same walk that fuses says beforehand which sites it will touch.
import type { Site } from '@damson/core'
import { mapBodies, walk, weights, type Graph, type Initializer, type Node } from '@damson/graph'

export interface Traced {
  readonly graph: Graph
  /** The site of a mark. */
  site(mark: string): Site | undefined
  /** The same graph, or what was made of it, with the origins that its marks stand for. */
  named(graph: Graph): Graph
}

/** Marks are the body's path and the name of the first output, or of the initializer. */
export function trace(graph: Graph): Traced {
  const sites = new Map<string, Site>()
  const origins = new Map<string, readonly string[]>()
  const mark = (
    path: string,
    name: string,
    site: Site | undefined,
    known: readonly string[],
  ): readonly string[] => {
    const made = `${path}\n${name}`
    if (site) sites.set(made, site)
    origins.set(made, known)
    return [made]
  }
  const byId = new Map(weights(graph).map(weight => [weight.id, weight]))
  const nodes = new Map([...walk(graph)].map(({ node, scope }) => [`${scope.path}\n${nameOf(node)}`, node]))
  const marked = mapBodies(graph, (body, { path }) => {
    const weightAt = (name: string): Site | undefined => {
      const weight = byId.get(path === '' ? name : `${path}/${name}`)
      return weight && { weight }
    }
    const initializers = new Map<string, Initializer>()
    for (const [name, each] of body.initializers)
      initializers.set(name, { ...each, origins: mark(path, name, weightAt(name), each.origins) })
    const marks = body.nodes.map(node => {
      const name = nameOf(node)
      const original = nodes.get(`${path}\n${name}`) ?? node
      const site = weightAt(name) ?? { node: original, path }
      return { ...node, origins: mark(path, name, site, node.origins) }
    })
    return body.with({ nodes: marks, initializers })
  })
  const named = (all: readonly string[]): readonly string[] => [
    ...new Set(all.flatMap(each => origins.get(each) ?? [each])),
  ]
  return { graph: marked, site: each => sites.get(each), named: made => renamed(made, named) }
}

function nameOf(node: Node): string {
  return node.outputs.find(name => name !== '') ?? node.name
}

function renamed(graph: Graph, named: (origins: readonly string[]) => readonly string[]): Graph {
  return mapBodies(graph, body => {
    const initializers = new Map<string, Initializer>()
    for (const [name, each] of body.initializers)
      initializers.set(name, { ...each, origins: named(each.origins) })
    return body.with({
      nodes: body.nodes.map(node => ({ ...node, origins: named(node.origins) })),
      initializers,
    })
  })
}
