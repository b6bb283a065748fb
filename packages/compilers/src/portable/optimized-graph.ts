// What ONNX Runtime's optimizer made of a graph, as a graph of ours again: with the inputs, outputs and header of the source,
// and with every weight that it left alone taken from the source, so that none is stored or held twice.
import { graphHash } from '@damson/core'
import {
  graphToBytes,
  memoryTensor,
  parseGraph,
  pruneOpsets,
  type Graph,
  type Initializer,
  type Tensor,
} from '@damson/graph'

/** An optimized graph as a state: a model without weights, those that are new, and names of those that the source has. */
export type OptimizedState = {
  readonly graph: Tensor
  readonly weights: { readonly [name: string]: Tensor }
  readonly kept: readonly string[]
}

const bandBytes = 4 << 20

/** An optimized graph as the state of a step. */
export async function optimizedState(optimized: Graph, source: Graph): Promise<OptimizedState> {
  const weights: Record<string, Tensor> = {}
  const kept: string[] = []
  for (const [name, { tensor }] of optimized.initializers) {
    const before = source.initializers.get(name)
    if (before && (await sameBytes(before.tensor, tensor))) kept.push(name)
    else weights[name] = tensor
  }
  const bytes = await graphToBytes(optimized.with({ initializers: new Map() }))
  return { graph: memoryTensor('uint8', [bytes.length], bytes), weights, kept }
}

/** The optimized graph in the frame of its source; the source itself where nothing changed. */
export function optimizedFrom({ graph, weights, kept }: OptimizedState, source: Graph): Graph {
  const optimized = parseGraph(graph.data ?? new Uint8Array(0), 'optimized')
  const initializers = new Map<string, Initializer>()
  for (const name of kept) {
    const before = source.initializers.get(name)
    if (before) initializers.set(name, before)
  }
  for (const [name, tensor] of Object.entries(weights)) initializers.set(name, { name, tensor, origins: [] })
  const before = new Map(source.nodes.map(node => [node.name, node]))
  const nodes = optimized.nodes.map(node => {
    const same = before.get(node.name)
    return { ...node, origins: node.name !== '' && same?.op === node.op ? same.origins : [] }
  })
  const header = { ...source.header, opsets: optimized.header.opsets }
  const framed = pruneOpsets(source.with({ nodes, initializers, types: optimized.types, header }))
  return graphHash(framed) === graphHash(source) ? source : framed
}

async function sameBytes(a: Tensor, b: Tensor): Promise<boolean> {
  if (a.dtype === 'string' || a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false
  for (let offset = 0; offset < a.byteLength; offset += bandBytes) {
    const length = Math.min(bandBytes, a.byteLength - offset)
    const [one, other] = await Promise.all([a, b].map(tensor => tensor.read({ offset, length })))
    if (one?.some((byte, at) => byte !== other?.[at])) return false
  }
  return true
}
