// Equal weights are kept once. Candidates agree in element type and shape; those with equal keys are equal, the others
// are compared by a digest of their bytes, read in bands, so that no weight has to be in memory.
import type { Body, Graph, Initializer } from '../ir.ts'
import { renameCaptures } from '../order.ts'
import { scopeOf, scopes, withNestedBodies, type Scope } from '../scope.ts'
import type { Tensor } from '../tensor.ts'
import { digest } from '../tensors/digest.ts'
import { nestedBodies } from '../uses.ts'

export interface DedupeOptions {
  readonly signal?: AbortSignal
}

const bandBytes = 1 << 22

/**
 * The graph with equal initializers merged into the first, across bodies: an inner body uses the outer one's. Initializers
 * that a caller may feed (graph inputs) stay, and so do names of body outputs. The same object when all differ.
 */
export async function dedupeWeights(graph: Graph, options: DedupeOptions = {}): Promise<Graph> {
  const contents = await contentKeys(graph, options)
  const merged = mergeIn(scopeOf(graph), contents, new Map())
  if (merged === graph) return graph
  const { nodes, initializers, types } = merged
  return graph.with({ nodes, initializers, types })
}

type Contents = ReadonlyMap<Initializer, string>

async function contentKeys(graph: Graph, options: DedupeOptions): Promise<Contents> {
  const groups = new Map<string, Initializer[]>()
  for (const { body } of scopes(graph)) {
    for (const initializer of body.initializers.values()) {
      if (body.isInput(initializer.name)) continue
      const { dtype, shape } = initializer.tensor
      const kind = `${dtype}[${shape.join()}]`
      groups.set(kind, [...(groups.get(kind) ?? []), initializer])
    }
  }
  const keys = new Map<Initializer, string>()
  for (const [kind, group] of groups) {
    if (group.length < 2) continue
    const distinct = new Set(group.map(each => each.tensor.key))
    for (const each of group) {
      const content = distinct.size === 1 ? each.tensor.key : await contentKey(each.tensor, options)
      keys.set(each, `${kind}${content}`)
    }
  }
  return keys
}

/** Bytes that do not exist yet can not be compared; their key says what they will be. */
async function contentKey(tensor: Tensor, options: DedupeOptions): Promise<string> {
  if (tensor.strings) return JSON.stringify(tensor.strings)
  if (tensor.computed) return tensor.key
  const bands: string[] = []
  for (let offset = 0; offset < tensor.byteLength; offset += bandBytes) {
    options.signal?.throwIfAborted()
    const length = Math.min(bandBytes, tensor.byteLength - offset)
    bands.push(digest(await tensor.read({ offset, length, ...options })))
  }
  return bands.join()
}

/** `outer` holds the names under which contents are known around this body. */
function mergeIn(scope: Scope, contents: Contents, outer: ReadonlyMap<string, string>): Body {
  const { body } = scope
  const known = new Map([...outer].filter(([, name]) => !defines(body, name)))
  const names = new Map<string, string>()
  const own = [...body.initializers.values()].sort(
    (a, b) => Number(body.isOutput(b.name)) - Number(body.isOutput(a.name)),
  )
  for (const initializer of own) {
    const content = contents.get(initializer)
    if (content === undefined) continue
    const first = known.get(content)
    if (first === undefined) known.set(content, initializer.name)
    else if (!body.isOutput(initializer.name)) names.set(initializer.name, first)
  }
  const inner = body.nodes.map(node => {
    const nested = nestedBodies(node)
    if (nested.length === 0) return node
    const bodies = nested.map(each => mergeIn({ body: each.body, outer: scope, path: '' }, contents, known))
    return bodies.every((each, at) => each === nested[at]?.body) ? node : withNestedBodies(node, bodies)
  })
  if (names.size === 0)
    return inner.every((node, at) => node === body.nodes[at]) ? body : body.with({ nodes: inner })
  const nodes = inner.map(node => {
    const uses = node.inputs.some(name => names.has(name))
    const renamed = uses ? { ...node, inputs: node.inputs.map(name => names.get(name) ?? name) } : node
    return renameCaptures(renamed, names)
  })
  return body.with({
    nodes,
    initializers: withOrigins(body, names),
    types: new Map([...body.types].filter(([name]) => !names.has(name))),
  })
}

/** An inner value that has the name of an outer weight hides it. */
const defines = (body: Body, name: string): boolean =>
  body.producer(name) !== undefined || body.isInput(name) || body.initializers.has(name)

/** What stays, with the origins of what was merged into it (those of inner bodies are of outer weights already). */
function withOrigins(body: Body, names: ReadonlyMap<string, string>): ReadonlyMap<string, Initializer> {
  const kept = new Map([...body.initializers].filter(([name]) => !names.has(name)))
  for (const [from, to] of names) {
    const [gone, stays] = [body.initializers.get(from), kept.get(to)]
    if (gone && stays) kept.set(to, { ...stays, origins: [...new Set([...stays.origins, ...gone.origins])] })
  }
  return kept
}
