// A part of a graph as a graph of its own: what lies between values, with exactly the weights it needs.
import { Graph, type Body, type Initializer, type Node, type SparseTensor, type ValueInfo } from '../ir.ts'
import { resolve, scopeOf, type Scope, Value } from '../scope.ts'
import { readNames, upstream, valueError } from './region.ts'

export interface ExtractOptions {
  /** Values that the new graph is fed with; default none. */
  readonly inputs?: readonly string[]
  readonly outputs: readonly string[]
  /** The body to extract from; default the top graph. Weights of bodies around it come along, other values become inputs. */
  readonly scope?: Scope
  /** Default: the name of the body. */
  readonly name?: string
}

/**
 * The nodes that `outputs` depend on, back to `inputs`. What they still need beside weights (graph inputs, values captured
 * from outer bodies) becomes an input too, behind those given. Types are kept where known. Throws `unknown-value`.
 */
export function extract(graph: Graph, options: ExtractOptions): Graph {
  const scope = options.scope ?? scopeOf(graph)
  const { body } = scope
  const given = new Set(options.inputs ?? [])
  for (const name of [...given, ...options.outputs]) {
    if (!resolve(scope, name))
      throw valueError(name, scope.path === '' ? 'of the graph' : `seen from ${scope.path}`)
  }
  const nodes = upstream(body, options.outputs, given)
  const made = new Set(nodes.flatMap(node => node.outputs))
  const needed = [...new Set([...nodes.flatMap(readNames), ...options.outputs])]
  const missing = needed.filter(name => !made.has(name) && !given.has(name))
  const constants = constantsOf(scope, missing)
  const stillOpen = missing.filter(
    name =>
      !constants.initializers.has(name) &&
      !constants.sparseInitializers.has(name) &&
      !constants.nodes.has(name),
  )
  return new Graph({
    name: options.name ?? body.name,
    inputs: [...given, ...stillOpen].map(name => infoOf(scope, name)),
    outputs: options.outputs.map(name => infoOf(scope, name)),
    initializers: constants.initializers,
    sparseInitializers: constants.sparseInitializers,
    nodes: [...new Set(constants.nodes.values()), ...nodes],
    types: typesOf(body, made),
    header: graph.header,
  })
}

interface Constants {
  readonly initializers: ReadonlyMap<string, Initializer>
  readonly sparseInitializers: ReadonlyMap<string, SparseTensor>
  /** Constant nodes of outer bodies, by output. */
  readonly nodes: ReadonlyMap<string, Node>
}

function constantsOf(scope: Scope, names: readonly string[]): Constants {
  const initializers = new Map<string, Initializer>()
  const sparseInitializers = new Map<string, SparseTensor>()
  const nodes = new Map<string, Node>()
  for (const name of names) {
    const home = resolve(scope, name)?.body
    const dense = home?.initializers.get(name)
    const sparse = home?.sparseInitializers.get(name)
    const producer = home?.producer(name)
    if (dense) initializers.set(name, dense)
    else if (sparse) sparseInitializers.set(name, sparse)
    else if (producer?.op === 'Constant' && producer.domain === '') nodes.set(name, producer)
  }
  return { initializers, sparseInitializers, nodes }
}

/** What the body declares or notes of a value; at least its name. */
export function infoOf(scope: Scope, name: string): ValueInfo {
  const { body } = resolve(scope, name) ?? scope
  const declared = [...body.inputs, ...body.outputs].find(info => info.name === name)
  const type = new Value(name, scope).type
  return { ...(body.types.get(name) ?? { name }), ...declared, ...(type ? { type } : {}) }
}

function typesOf(body: Body, names: ReadonlySet<string>): ReadonlyMap<string, ValueInfo> {
  return new Map([...body.types].filter(([name]) => names.has(name)))
}
