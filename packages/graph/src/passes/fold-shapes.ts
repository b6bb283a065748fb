// Shape arithmetic that comes out as constants (Shape, Gather, Concat … on sizes that are known) becomes initializers.
// The values are those that inference follows: integers, booleans, and floats in operations that are exact to the bit.
import { byteLengthOf, dataTypes, type DataType } from '../dtype.ts'
import { infer, type Inference } from '../infer/infer.ts'
import { concreteElements, concreteShape } from '../infer/fact.ts'
import type { Body, Dim, Graph, Initializer, Node, ValueInfo } from '../ir.ts'
import { mapBodies, type Scope } from '../scope.ts'
import type { Tensor } from '../tensor.ts'
import { tensorOf } from '../tensors/memory-tensor.ts'
import { removeDead } from './remove-dead.ts'

export interface FoldShapesOptions {
  /** Larger results stay computed, in bytes. Default 64 KiB, below which tensors are resident at open. */
  readonly limitBytes?: number
  /** `infer` by default; a caller that infers too may remember. */
  readonly inferOf?: (graph: Graph) => Inference
}

/** The limit of what is folded unless the caller says otherwise: tensors up to 64 KiB are read at open. */
export const defaultLimitBytes = 1 << 16

/** The graph with constant shape arithmetic folded, in all bodies; the same object when there is none. */
export function foldShapes(graph: Graph, options: FoldShapesOptions = {}): Graph {
  const { limitBytes = defaultLimitBytes, inferOf = infer } = options
  const { graph: typed, elements } = inferOf(graph)
  const types = new Map<string, ValueInfo>()
  mapBodies(typed, (body, { path }) => {
    for (const info of body.types.values()) types.set(idIn(path, info.name), info)
    return body
  })
  const known = (scope: Scope, name: string): Tensor | undefined =>
    knownTensor(types.get(idIn(scope.path, name)), elements.get(idIn(scope.path, name)), limitBytes)
  const folded = mapBodies(graph, (body, scope) => foldBody(body, name => known(scope, name)))
  return folded === graph ? graph : removeDead(folded)
}

/** Elements of float results; scales and ratios of sizes have one or a few. */
const mostFloats = 64

const idIn = (path: string, name: string): string => (path === '' ? name : `${path}/${name}`)

function knownTensor(
  info: ValueInfo | undefined,
  elements: readonly Dim[] | undefined,
  limitBytes: number,
): Tensor | undefined {
  const type = info?.type
  const values = concreteElements(elements)
  const shape = type?.kind === 'tensor' ? concreteShape(type.shape) : undefined
  const dtype = type?.kind === 'tensor' ? type.dtype : undefined
  if (!values || !shape || !dtype || byteLengthOf(dtype, shape) > limitBytes) return undefined
  // More numbers than sizes are made of may be what a quantizer's codes stand for: whoever evaluates decides.
  if (dataTypes[dtype].kind === 'float' && values.length > mostFloats) return undefined
  if (!values.every(value => fits(value, dtype))) return undefined
  const wide = dtype === 'int64' || dtype === 'uint64'
  return tensorOf(dtype, shape, wide ? values.map(BigInt) : values)
}

/** Integers beyond 2^53 have lost digits on the way. */
function fits(value: number, dtype: DataType): boolean {
  const { kind } = dataTypes[dtype]
  return kind === 'float' ? dtype === 'float32' || dtype === 'float64' : Number.isSafeInteger(value)
}

/** Constants stay as they are: whether they are nodes or initializers is not a matter of folding. */
function foldBody(body: Body, known: (name: string) => Tensor | undefined): Body {
  const initializers = new Map<string, Initializer>(body.initializers)
  const fold = (node: Node): boolean => {
    if (node.op === 'Constant' || node.outputs.some(name => name === '' || body.isOutput(name))) return false
    const tensors = node.outputs.map(known)
    if (tensors.some(tensor => tensor === undefined)) return false
    node.outputs.forEach((name, at) => {
      const tensor = tensors[at]
      if (tensor)
        initializers.set(name, { name, tensor, origins: originsOf(node, initializers, tensor.dtype) })
    })
    return true
  }
  const nodes = body.nodes.filter(node => !fold(node))
  if (nodes.length === body.nodes.length) return body
  const types = new Map(
    [...body.types].filter(([name]) => !initializers.has(name) || body.initializers.has(name)),
  )
  return body.with({ nodes, initializers, types })
}

/** The weights whose contents went into a result: numbers of its kind, not the axes and sizes that were used on the way. */
function originsOf(
  node: Node,
  initializers: ReadonlyMap<string, Initializer>,
  dtype: DataType,
): readonly string[] {
  if (node.op === 'Shape' || node.op === 'Size') return []
  const read = node.inputs.flatMap(name => initializers.get(name) ?? [])
  const alike = read.filter(({ tensor }) => dataTypes[tensor.dtype].kind === dataTypes[dtype].kind)
  return [...new Set(alike.flatMap(({ origins }) => origins))]
}
