// Equal weights are kept once. Candidates agree in element type and shape; those with equal keys are equal, the others
// are compared by a digest of their bytes, read in bands, so that no weight has to be in memory.
import type { Body, Graph, Initializer } from '../ir.ts'
import { renameCaptures } from '../order.ts'
import { innerScopes, scopeOf, scopes, withNestedBodies, type Scope } from '../scope.ts'
import type { Tensor } from '../tensor.ts'
import { digest } from '../tensors/digest.ts'
import { nestedBodies } from '../uses.ts'

export interface DedupeOptions {
  readonly signal?: AbortSignal
}

const bandBytes = 1 << 22
const startBytes = 1 << 12

/** Which weights hold the same: the id of a weight (`Weight.id`) to a text that equal ones share. */
export type EqualWeights = ReadonlyMap<string, string>

/**
 * The graph with equal initializers merged into the first, across bodies: an inner body uses the outer one's. Initializers
 * that a caller may feed (graph inputs) stay, and so do names of body outputs. The same object when all differ.
 */
export async function dedupeWeights(graph: Graph, options: DedupeOptions = {}): Promise<Graph> {
  return mergeWeights(graph, await findEqualWeights(graph, options))
}

/** Initializers that another one equals. Whoever differs in its first bytes is not read further. */
export async function findEqualWeights(graph: Graph, options: DedupeOptions = {}): Promise<EqualWeights> {
  const groups = new Map<string, { readonly id: string; readonly tensor: Tensor }[]>()
  for (const { body, path } of scopes(graph)) {
    for (const { name, tensor } of body.initializers.values()) {
      if (body.isInput(name)) continue
      const kind = `${tensor.dtype}[${tensor.shape.join()}]`
      const group = groups.get(kind)
      const id = idIn(path, name)
      if (group) group.push({ id, tensor })
      else groups.set(kind, [{ id, tensor }])
    }
  }
  const equal = new Map<string, string>()
  for (const [kind, group] of groups) {
    for (const alike of await parted(group, each => startKey(each.tensor, options))) {
      const distinct = new Set(alike.map(each => each.tensor.key))
      const contents =
        distinct.size === 1 ? [alike] : await parted(alike, each => contentKey(each.tensor, options))
      for (const same of contents) for (const { id } of same) equal.set(id, `${kind} ${same[0]?.id}`)
    }
  }
  return equal
}

/** The graph with weights merged that are known to be equal; the same object where none is to be merged. */
export function mergeWeights(graph: Graph, equal: EqualWeights): Graph {
  if (equal.size === 0) return graph
  const merged = mergeIn(scopeOf(graph), equal, new Map())
  if (merged === graph) return graph
  const { nodes, initializers, types } = merged
  return graph.with({ nodes, initializers, types })
}

const idIn = (path: string, name: string): string => (path === '' ? name : `${path}/${name}`)

/** Lists of two or more that share a key. */
async function parted<T>(
  all: readonly T[],
  keyOf: (each: T) => Promise<string>,
): Promise<readonly (readonly T[])[]> {
  if (all.length < 2) return []
  const lists = new Map<string, T[]>()
  for (const each of all) {
    const key = await keyOf(each)
    const list = lists.get(key)
    if (list) list.push(each)
    else lists.set(key, [each])
  }
  return [...lists.values()].filter(list => list.length > 1)
}

/** The first bytes; of tensors without bytes of their own nothing. */
async function startKey(tensor: Tensor, options: DedupeOptions): Promise<string> {
  if (tensor.strings || tensor.computed) return ''
  return digest(await tensor.read({ length: Math.min(startBytes, tensor.byteLength), ...options }))
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
function mergeIn(scope: Scope, equal: EqualWeights, outer: ReadonlyMap<string, string>): Body {
  const { body } = scope
  const known = new Map([...outer].filter(([, name]) => !defines(body, name)))
  const names = new Map<string, string>()
  const own = [...body.initializers.values()].sort(
    (a, b) => Number(body.isOutput(b.name)) - Number(body.isOutput(a.name)),
  )
  for (const initializer of own) {
    const content = equal.get(idIn(scope.path, initializer.name))
    if (content === undefined) continue
    const first = known.get(content)
    if (first === undefined) known.set(content, initializer.name)
    else if (!body.isOutput(initializer.name)) names.set(initializer.name, first)
  }
  const inner = body.nodes.map(node => {
    const nested = nestedBodies(node)
    if (nested.length === 0) return node
    const bodies = innerScopes(scope, node).map(each => mergeIn(each, equal, known))
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
