// Whatever depends on constants only is computed once, by an evaluator that the caller brings (ONNX Runtime, usually):
// this package knows no runtime. Random operators never, and only where every result is small.
import { byteLengthOf, dataTypes, elementCount, type DataType } from '../dtype.ts'
import { concreteShape } from '../infer/fact.ts'
import { inferTypes } from '../infer/infer.ts'
import type { Body, Graph, Initializer, Node } from '../ir.ts'
import { mapBodies, resolve, scopes, type Scope } from '../scope.ts'
import type { Tensor } from '../tensor.ts'
import { nestedBodies } from '../uses.ts'
import { functionTable, isDeterministic } from './determinism.ts'
import { defaultLimitBytes, foldShapes, type FoldShapesOptions } from './fold-shapes.ts'
import { removeDead } from './remove-dead.ts'

/** Runs a graph without inputs and returns its outputs by name. */
export type Evaluate = (graph: Graph) => Promise<ReadonlyMap<string, Tensor>>

export interface FoldOptions extends FoldShapesOptions {
  readonly evaluate: Evaluate
}

/** Constants of up to so many times the limit are read to be computed with; larger ones stay where they lie. */
const readLimit = 64

/** Operators whose constant results would undo what a quantizer did. */
const coded: ReadonlySet<string> = new Set(['QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear'])

/** What can be computed beforehand in one body: a graph without inputs whose outputs are the values that others need. */
export interface ConstantRegion {
  /** Path of the body; `''` is the top one. */
  readonly path: string
  readonly graph: Graph
}

/** Results of regions: the path of a body and the name of a value in it, to its contents. */
export type FoldedValues = ReadonlyMap<string, ReadonlyMap<string, Tensor>>

/** The graph with constant expressions replaced by initializers, in all bodies; the same object when there are none. */
export async function foldConstants(
  graph: Graph,
  { evaluate, limitBytes = defaultLimitBytes }: FoldOptions,
): Promise<Graph> {
  let folded = foldShapes(graph, { limitBytes })
  for (let before: Graph | undefined; before !== folded;) {
    before = folded
    const results = new Map<string, ReadonlyMap<string, Tensor>>()
    for (const region of constantRegions(folded, { limitBytes }))
      results.set(region.path, await evaluate(region.graph))
    folded = foldValues(folded, results)
  }
  return folded
}

/** What depends on constants only, body by body; none where nothing does. An inner body sees the initializers around it. */
export function constantRegions(
  graph: Graph,
  { limitBytes = defaultLimitBytes }: FoldShapesOptions = {},
): readonly ConstantRegion[] {
  if (![...scopes(graph)].some(scope => mayFold(scope, graph.header.irVersion))) return []
  const typed = inferTypes(graph)
  const types = new Map([...scopes(typed)].map(({ path, body }) => [path, body]))
  return [...scopes(graph)].flatMap(scope => {
    const body = types.get(scope.path) ?? scope.body
    const nodes = constantNodes(graph, scope, name => isSmall(body, name, limitBytes), limitBytes)
    const wanted = wantedOf(scope.body, nodes)
    return wanted.length === 0 ? [] : [{ path: scope.path, graph: regionOf(graph, scope, nodes, wanted) }]
  })
}

/** The graph with values replaced by initializers that hold them; what they alone needed goes. */
export function foldValues(graph: Graph, values: FoldedValues): Graph {
  const folded = mapBodies(graph, (body, scope) => {
    const own = values.get(scope.path)
    const nodes = own ? body.nodes.filter(node => node.outputs.every(name => !own.has(name))) : body.nodes
    if (!own || nodes.length === body.nodes.length) return body
    const initializers = new Map<string, Initializer>(body.initializers)
    for (const [name, tensor] of own)
      initializers.set(name, { name, tensor, origins: contentOrigins(scope, name, tensor.dtype) })
    return body.with({
      nodes,
      initializers,
      types: new Map([...body.types].filter(([name]) => !own.has(name))),
    })
  })
  return folded === graph ? graph : removeDead(folded)
}

/** Original weights whose contents went into a value: numbers of its kind, not the axes and sizes that were used on the way. */
function contentOrigins(scope: Scope, name: string, dtype: DataType): readonly string[] {
  const found = new Set<string>()
  const seen = new Set<string>()
  const open = [name]
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    if (each === '' || seen.has(each)) continue
    seen.add(each)
    const home = resolve(scope, each)
    const weight = home?.body.initializers.get(each)
    if (weight && dataTypes[weight.tensor.dtype].kind === dataTypes[dtype].kind)
      for (const origin of weight.origins) found.add(origin)
    const node = home?.body.producer(each)
    if (node && node.op !== 'Shape' && node.op !== 'Size') open.push(...readsOf(node))
  }
  return [...found]
}

function readsOf(node: Node): readonly string[] {
  const captured = nestedBodies(node).flatMap(({ body }) => [...body.captures()])
  return [...node.inputs, ...captured].filter(name => name !== '')
}

/** True for a body with a node that reads constants only: a look without inference, which most rounds end with. */
function mayFold(scope: Scope, irVersion: number): boolean {
  return scope.body.nodes.some(
    node =>
      !isConstant(node) &&
      !coded.has(node.op) &&
      readsOf(node).every(name => constantAt(scope, name, irVersion) !== undefined),
  )
}

const isConstant = (node: Node): boolean => node.op === 'Constant' && node.domain === ''

/** The constant behind a name. From IR 4 on a caller may feed an input in place of its initializer. */
function constantAt(scope: Scope, name: string, irVersion: number): Tensor | undefined {
  const home = resolve(scope, name)
  if (!home || (irVersion >= 4 && home.body.isInput(name))) return undefined
  return home.body.tensor(name)
}

/** Nodes that depend on constants only and whose results are all small, in order. */
function constantNodes(
  { header }: Graph,
  scope: Scope,
  isSmallHere: (name: string) => boolean,
  limitBytes: number,
): readonly Node[] {
  const functions = functionTable(header.functions)
  const made = new Set<string>()
  const isKnown = (name: string): boolean => {
    if (made.has(name)) return true
    const tensor = constantAt(scope, name, header.irVersion)
    return tensor !== undefined && tensor.byteLength <= readLimit * limitBytes
  }
  return scope.body.nodes.filter(node => {
    if (isConstant(node)) return false
    const foldable =
      readsOf(node).every(isKnown) &&
      !coded.has(node.op) &&
      !decodes(node, scope) &&
      isDeterministic(node, functions) &&
      node.outputs.every(name => name === '' || (!scope.body.isOutput(name) && isSmallHere(name)))
    if (foldable) for (const name of node.outputs) made.add(name)
    return foldable
  })
}

/** A Cast of codes to numbers, which would take the bytes again that a quantizer saved. */
function decodes({ op, inputs: [name = ''] }: Node, scope: Scope): boolean {
  const tensor = op === 'Cast' ? resolve(scope, name)?.body.tensor(name) : undefined
  if (!tensor || tensor.dtype === 'bool' || tensor.dtype === 'string') return false
  return dataTypes[tensor.dtype].bits <= 8 && elementCount(tensor.shape) > 64
}

function wantedOf(body: Body, nodes: readonly Node[]): readonly string[] {
  const chosen = new Set(nodes)
  const made = nodes.flatMap(node => node.outputs).filter(name => name !== '')
  return made.filter(name => body.users(name).some(use => !chosen.has(use.node)))
}

function isSmall(body: Body, name: string, limitBytes: number): boolean {
  const type = body.typeOf(name)
  const shape = type?.kind === 'tensor' ? concreteShape(type.shape) : undefined
  const dtype = type?.kind === 'tensor' ? type.dtype : undefined
  return (
    shape !== undefined &&
    dtype !== undefined &&
    dtype !== 'string' &&
    byteLengthOf(dtype, shape) <= limitBytes
  )
}

/** The nodes as a graph without inputs, with the constants that they read. */
function regionOf(graph: Graph, scope: Scope, nodes: readonly Node[], wanted: readonly string[]): Graph {
  const initializers = new Map<string, Initializer>()
  for (const name of nodes.flatMap(readsOf)) {
    const tensor = constantAt(scope, name, graph.header.irVersion)
    if (tensor) initializers.set(name, { name, tensor, origins: [] })
  }
  const outputs = wanted.map(name => ({ name }))
  const region = graph.with({
    inputs: [],
    outputs,
    nodes,
    initializers,
    sparseInitializers: new Map(),
    types: new Map(),
  })
  return removeDead(region)
}
