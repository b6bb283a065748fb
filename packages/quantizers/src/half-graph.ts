// A graph as `half` sees it: every node of every body with the types of its slots and the values behind them. What a control
// flow node hands in and out (the outputs of If, what Loop and Scan carry) is tied: all ends of a tie have one type.
import {
  constantTensor, inferTypes, inlineFunctions, innerScopes, intOf, mapBodies, nodeIdentity, resolve, scopes, walk,
  weights, type Body, type DataType, type Graph, type Node, type Scope, type Weight,
} from '@damson/graph' // prettier-ignore
import { halfSlots, type HalfSlots, type HalfType } from './half-slots.ts'

/** A node in its body. */
export interface HalfNode {
  /** Unique in the graph, and the same in every graph that was prepared from the same one. */
  readonly key: string
  readonly node: Node
  readonly scope: Scope
  /** Ids of the values behind the slots; undefined for absent ones. */
  readonly inputs: readonly (string | undefined)[]
  readonly outputs: readonly (string | undefined)[]
  /** Slots that may hold halves; undefined: the node stays as it is. Of a control flow node: its ties. */
  readonly slots: HalfSlots | undefined
}

/** One value that a control flow node hands through. */
export interface Tie {
  readonly input?: number
  readonly output?: number
  /** Ids of body inputs that are the same value. */
  readonly bodyInputs: readonly string[]
  /** Path of a body, and which of its outputs. */
  readonly bodyOutputs: readonly { readonly path: string; readonly output: number; readonly id: string }[]
}

/** One end of a tie: the control flow node and what it hands through. */
interface TieEnd {
  readonly node: HalfNode
  readonly tie: Tie
}

export interface HalfGraph {
  readonly graph: Graph
  readonly nodes: readonly HalfNode[]
  readonly byKey: ReadonlyMap<string, HalfNode>
  /** Constants by value id. */
  readonly constants: ReadonlyMap<string, Weight>
  /** Ids of values that the body of a control flow node gives out. */
  readonly givenOut: ReadonlySet<string>
  dtypeOf(id: string): DataType | undefined
  /** The node that makes a value, or, for the input of a body, the node that holds the body. */
  makerOf(id: string): HalfNode | undefined
  /** Input slots that read a value, in all bodies. */
  readersOf(id: string): readonly { readonly node: HalfNode; readonly input: number }[]
  /** Ties of a control flow node; none for others. */
  tiesOf(node: HalfNode): readonly Tie[]
  /** The tie that an output of a nested body belongs to. */
  tieOf(path: string, output: number): TieEnd | undefined
  /** The ties whose bodies give a value out. */
  endsOf(id: string): readonly TieEnd[]
  /** The node that holds a nested body. */
  holderOf(scope: Scope): HalfNode | undefined
  /** Scopes of the bodies nested in a node. */
  bodiesOf(node: HalfNode): readonly Scope[]
}

/** Id of a value seen from a scope: the path of the body that defines it, and its name. */
export function valueId(scope: Scope, name: string): string {
  return `${(resolve(scope, name) ?? scope).path}\n${name}`
}

/** Key of a node: the path of its body, and its first output. */
export function nodeKey({ path }: Scope, node: Node): string {
  return `${path}\n${node.outputs.find(name => name !== '') ?? nodeIdentity(node)}`
}

/** What both the fit and the rewrite work on: functions put where they are called, and one form of Constant nodes. */
export function prepareHalf(graph: Graph): Graph {
  return mapBodies(inlineFunctions(graph), body => {
    const nodes = body.nodes.map(plainConstant)
    return nodes.every((node, at) => node === body.nodes[at]) ? body : body.with({ nodes })
  })
}

function plainConstant(node: Node): Node {
  const tensor = node.attributes.has('value') ? undefined : constantTensor(node)
  return tensor?.dtype === 'float32'
    ? { ...node, attributes: new Map([['value', { type: 'tensor', value: tensor }]]) }
    : node
}

/** Indexes a prepared graph. */
export function indexHalf(graph: Graph, type: HalfType): HalfGraph {
  const types = typesOf(graph)
  const dtypeOf = (id: string): DataType | undefined => types.get(id)
  const nodes = [...walk(graph)].map(({ node, scope }) => halfNode(graph, node, scope, dtypeOf, type))
  const makers = new Map<string, HalfNode>()
  const readers = new Map<string, { readonly node: HalfNode; readonly input: number }[]>()
  const holders = new Map<string, HalfNode>()
  const ties = new Map<string, TieEnd>()
  const ends = new Map<string, TieEnd[]>()
  for (const node of nodes) {
    for (const id of node.outputs) if (id !== undefined) makers.set(id, node)
    node.inputs.forEach((id, input) => id !== undefined && push(readers, id, { node, input }))
    for (const { path, body } of innerScopes(node.scope, node.node)) {
      holders.set(path, node)
      for (const { name } of body.inputs) makers.set(`${path}\n${name}`, node)
    }
    for (const tie of tiesOf(node)) {
      for (const { path, output, id } of tie.bodyOutputs) {
        ties.set(`${path}\n${output}`, { node, tie })
        push(ends, id, { node, tie })
      }
    }
  }
  return {
    graph,
    nodes,
    byKey: new Map(nodes.map(each => [each.key, each])),
    constants: new Map(weights(graph).map(each => [`${each.scope.path}\n${each.name}`, each])),
    givenOut: new Set([...scopes(graph)].flatMap(scope => (scope.path === '' ? [] : outputIds(scope)))),
    dtypeOf,
    makerOf: id => makers.get(id),
    readersOf: id => readers.get(id) ?? [],
    tiesOf,
    tieOf: (path, output) => ties.get(`${path}\n${output}`),
    endsOf: id => ends.get(id) ?? [],
    holderOf: ({ path }) => holders.get(path),
    bodiesOf: ({ node, scope }) => innerScopes(scope, node),
  }
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key)
  if (list) list.push(item)
  else lists.set(key, [item])
}

function outputIds(scope: Scope): readonly string[] {
  return scope.body.outputs.map(({ name }) => valueId(scope, name))
}

function halfNode(
  graph: Graph, node: Node, scope: Scope, dtypeOf: HalfGraph['dtypeOf'], type: HalfType,
): HalfNode {
  const inputs = node.inputs.map(name => (name === '' ? undefined : valueId(scope, name)))
  const outputs = node.outputs.map(name => (name === '' ? undefined : `${scope.path}\n${name}`))
  const dtypes = (ids: readonly (string | undefined)[]): (DataType | undefined)[] =>
    ids.map(id => (id === undefined ? undefined : dtypeOf(id)))
  const typed = { node, opset: graph.opset(node.domain), inputs: dtypes(inputs), outputs: dtypes(outputs) }
  const plain = { key: nodeKey(scope, node), node, scope, inputs, outputs }
  const ties = tiesOf({ ...plain, slots: undefined })
  if (ties.length === 0) return { ...plain, slots: halfSlots(typed, type) }
  const float = (at: 'input' | 'output', slot: number): boolean =>
    typed[`${at}s`][slot] === 'float32' && ties.some(tie => tie[at] === slot)
  const slots = {
    inputs: inputs.map((_, slot) => float('input', slot)),
    outputs: outputs.map((_, slot) => float('output', slot)),
  }
  return { ...plain, slots }
} // prettier-ignore

/** Element types of all values of all bodies, as inference finds them. Sequences and optionals have none. */
function typesOf(graph: Graph): ReadonlyMap<string, DataType> {
  const types = new Map<string, DataType>()
  for (const { body, path } of scopes(inferTypes(graph))) {
    for (const name of namesIn(body)) {
      const type = body.typeOf(name)
      if (type?.kind === 'tensor' && type.dtype) types.set(`${path}\n${name}`, type.dtype)
    }
  }
  return types
}

function namesIn(body: Body): readonly string[] {
  const made = body.nodes.flatMap(({ outputs }) => outputs)
  return [...body.inputs.map(({ name }) => name), ...body.initializers.keys(), ...made].filter(
    name => name !== '',
  )
}

function tiesOf({ node, scope }: HalfNode): readonly Tie[] {
  const bodies = innerScopes(scope, node)
  if (node.domain !== '' || bodies.length === 0) return []
  if (node.op === 'If') {
    return node.outputs.map((_, output) => ({
      output, bodyInputs: [], bodyOutputs: bodies.map(body => bodyOutput(body, output)),
    })) // prettier-ignore
  }
  const [inner] = bodies
  if (!inner) return []
  if (node.op === 'Loop') return loopTies(node, inner)
  return node.op === 'Scan' ? scanTies(node, inner) : []
}

const bodyOutput = (scope: Scope, output: number): Tie['bodyOutputs'][number] => ({
  path: scope.path,
  output,
  id: valueId(scope, scope.body.outputs[output]?.name ?? ''),
})

const inputId = ({ path, body }: Scope, at: number): readonly string[] => {
  const name = body.inputs[at]?.name
  return name === undefined ? [] : [`${path}\n${name}`]
}

/** Loop(M, cond, v…) with body(i, cond, v…) → (cond, v…, scans…) gives (v…, scans…). */
function loopTies(node: Node, inner: Scope): readonly Tie[] {
  const carried = node.inputs.length - 2
  return node.outputs.map((_, output) => ({
    ...(output < carried ? { input: output + 2 } : {}),
    output,
    bodyInputs: output < carried ? inputId(inner, output + 2) : [],
    bodyOutputs: [bodyOutput(inner, output + 1)],
  }))
}

/** Scan(states…, scans…) with body(states…, elements…) → (states…, elements…) gives (states…, scans…). */
function scanTies(node: Node, inner: Scope): readonly Tie[] {
  const scanned = intOf(node, 'num_scan_inputs', 0)
  const states = node.inputs.length - scanned
  // Before opset 9 the first input is a list of lengths; such a Scan stays as it is.
  if (inner.body.inputs.length !== node.inputs.length) return []
  const ends = inner.body.outputs.map((_, output) => ({
    ...(output < states ? { input: output, bodyInputs: inputId(inner, output) } : { bodyInputs: [] }),
    output,
    bodyOutputs: [bodyOutput(inner, output)],
  }))
  const elements = Array.from({ length: scanned }, (_, at) => ({
    input: states + at,
    bodyInputs: inputId(inner, states + at),
    bodyOutputs: [],
  }))
  return [...ends, ...elements]
}
