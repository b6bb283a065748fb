// Sizes put into the types of a graph: of inputs, outputs and the values between, at the top, where labels mean something.
import {
  dimNames,
  evaluateDim,
  inferTypes,
  readDim,
  type Dim,
  type Graph,
  type ValueInfo,
  type ValueType,
} from '@damson/graph'
import type { FixedSizes } from './sizes.ts'

/** The graph with these sizes in its types; the same object when that changes nothing. What follows from them is inferred. */
export function freeze(graph: Graph, { named, placed }: FixedSizes): Graph {
  const inputs = graph.inputs.map(info =>
    withDims(info, (dim, at) => placed.get(`${info.name}:${at}`) ?? sizedDim(dim, named)),
  )
  if (inputs.every((info, at) => info === graph.inputs[at])) return graph
  const sized = (info: ValueInfo): ValueInfo => withDims(info, dim => sizedDim(dim, named))
  const frozen = graph.with({
    inputs,
    outputs: graph.outputs.map(sized),
    types: new Map([...graph.types].map(([name, info]) => [name, sized(info)])),
  })
  const inferred = inferTypes(frozen)
  const known = [...frozen.types].map(([name, info]) => [name, inferred.types.get(name) ?? info] as const)
  return frozen.with({ outputs: inferred.outputs, types: new Map(known) })
}

function withDims(info: ValueInfo, size: (dim: Dim, at: number) => Dim): ValueInfo {
  const type = info.type && sizedType(info.type, size)
  return type === undefined || type === info.type ? info : { ...info, type }
}

function sizedType(type: ValueType, size: (dim: Dim, at: number) => Dim): ValueType {
  if (type.kind !== 'tensor' && type.kind !== 'sparse-tensor') return type
  const { shape } = type
  const sizes = shape?.map(size)
  return sizes && sizes.some((dim, at) => dim !== shape?.[at]) ? { ...type, shape: sizes } : type
}

/** The size, or the expression in what is still open: `past + sequence` with a sequence of 4 is `past + 4`. */
function sizedDim(dim: Dim, named: FixedSizes['named']): Dim {
  const size = evaluateDim(dim, named)
  if (size !== undefined || typeof dim !== 'string') return size ?? dim
  const known = [...dimNames(dim)].filter(name => named.has(name))
  if (known.length === 0) return dim
  const text = dim.replaceAll(/[^\s+*()/,-]+/g, word =>
    String((known.includes(word) && named.get(word)) || word),
  )
  return readDim(text) ?? dim
}
