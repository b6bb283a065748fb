// Identity of a graph by its content: everything that decides what it computes, tensors by their keys. Two graphs that were
// made separately and are equal share a session.
import {
  digest,
  type Attribute,
  type Body,
  type Graph,
  type SparseTensor,
  type Tensor,
  type ValueType,
} from '@damson/graph'

const keys = new WeakMap<Graph, string>()

/** 32 hexadecimal digits. Names of nodes, documentation and metadata do not count; names of values do. */
export function graphKey(graph: Graph): string {
  const known = keys.get(graph)
  if (known !== undefined) return known
  const { opsets, functions, irVersion } = graph.header
  const definitions = functions.map(each => ({
    ...each,
    defaults: attributes(each.defaults),
    nodes: nodesOf(each),
    types: [],
    opsets: [...each.opsets],
    metadata: [],
    extra: [],
  }))
  const text = stringify({ irVersion, opsets: [...opsets], definitions, body: bodyOf(graph) })
  const key = digest(new TextEncoder().encode(text))
  keys.set(graph, key)
  return key
}

function bodyOf(body: Body): unknown {
  const initializers = [...body.initializers.values()].map(({ name, tensor }) => [name, tensorOf(tensor)])
  const sparse = [...body.sparseInitializers].map(([name, tensor]) => [name, sparseOf(tensor)])
  const values = (infos: readonly { readonly name: string; readonly type?: ValueType }[]): unknown =>
    infos.map(({ name, type }) => [name, type ?? null])
  return [values(body.inputs), values(body.outputs), initializers, sparse, nodesOf(body)]
}

function nodesOf({ nodes }: Pick<Body, 'nodes'>): unknown {
  return nodes.map(({ op, domain, overload, inputs, outputs, attributes: own }) => [
    op, domain, overload ?? '', inputs, outputs, attributes(own),
  ]) // prettier-ignore
}

function attributes(all: ReadonlyMap<string, Attribute>): unknown {
  return [...all].map(([name, attribute]) => [name, attribute.type, valueOf(attribute)])
}

function valueOf(attribute: Attribute): unknown {
  switch (attribute.type) {
    case 'tensor':
      return tensorOf(attribute.value)
    case 'tensors':
      return attribute.value.map(tensorOf)
    case 'sparse-tensor':
      return sparseOf(attribute.value)
    case 'sparse-tensors':
      return attribute.value.map(sparseOf)
    case 'graph':
      return bodyOf(attribute.value)
    case 'graphs':
      return attribute.value.map(bodyOf)
    default:
      return attribute.value
  }
}

function tensorOf({ key, dtype, shape }: Tensor): unknown {
  return [key, dtype, shape]
}

function sparseOf({ shape, values, indices }: SparseTensor): unknown {
  return [shape, tensorOf(values), tensorOf(indices)]
}

function stringify(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return `${each}n`
    if (typeof each === 'number' && !Number.isFinite(each)) return String(each)
    return each instanceof Uint8Array ? [...each] : each
  })
}
