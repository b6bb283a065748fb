// Which nodes compute on halves, and so which values are halves. Everything that may and is claimed does, but for what is
// kept; then data movement between two places that stay is kept too, since a cast down and up again would only lose digits.
import type { HalfGraph, HalfNode, Tie } from './half-graph.ts'
import { readsAnyFloat } from './half-slots.ts'

/** What a reader wants a value to be. */
type Demand = 'half' | 'float' | 'any'

export interface HalfChoice {
  /** Graph inputs and outputs become halves too. */
  readonly io: 'keep' | 'convert'
  /** False for nodes outside the place of the step. */
  readonly selects: (node: HalfNode) => boolean
  /** Keys of nodes that stay in fp32. */
  readonly kept: ReadonlySet<string>
  /** Ids of constants that may be stored as halves: `storableConstants`. */
  readonly storable: ReadonlySet<string>
}

export interface HalfModes {
  readonly io: 'keep' | 'convert'
  /** True for a node that works on halves in the slots that may hold them. */
  isHalf(node: HalfNode): boolean
  /** True for a value (no constant) that becomes a half. */
  holdsHalf(id: string): boolean
  demandOf(node: HalfNode, input: number): Demand
  /** True where a control flow node hands halves through. */
  isHalfTie(node: HalfNode, tie: Tie): boolean
}

/** Nodes that move numbers without computing any. */
const movement: ReadonlySet<string> = new Set([
  'Identity', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Flatten', 'Slice', 'Gather', 'GatherElements', 'GatherND',
  'Concat', 'Split', 'Expand', 'Tile', 'DepthToSpace', 'SpaceToDepth', 'Cast', 'ConstantOfShape',
]) // prettier-ignore

/** Decides every node. */
export function decideModes(graph: HalfGraph, choice: HalfChoice): HalfModes {
  const half = new Set(
    graph.nodes
      .filter(node => node.slots && !choice.kept.has(node.key) && choice.selects(node))
      .map(({ key }) => key),
  )
  const modes = modesOf(graph, half, choice.io)
  for (const key of idleMovement(graph, modes))
    if (!isLookUp(graph, graph.byKey.get(key), choice.storable)) half.delete(key)
  return modes
}

/**
 * True for a node that looks rows of a table up which nobody reads as a whole. Whoever reads the rows, it stays on halves: a
 * cast of some rows takes less than one of the table, which ONNX Runtime would hold in fp32 from then on.
 */
export function isLookUp(
  graph: HalfGraph, node: HalfNode | undefined, storable: HalfChoice['storable'],
): boolean {
  const table = lookedUp(node)
  if (table === undefined || !storable.has(table)) return false
  return graph.readersOf(table).every(({ node: reader, input }) => input === 0 && lookedUp(reader) === table)
} // prettier-ignore

function lookedUp(node: HalfNode | undefined): string | undefined {
  return node?.node.domain === '' && node.node.op === 'Gather' ? node.inputs[0] : undefined
}

function modesOf(graph: HalfGraph, half: ReadonlySet<string>, io: HalfChoice['io']): HalfModes {
  const isHalf = (node: HalfNode): boolean => half.has(node.key)
  const modes: HalfModes = {
    io,
    isHalf,
    isHalfTie: (node, tie) => isHalf(node) && isFloatTie(graph, node, tie),
    holdsHalf(id) {
      if (graph.dtypeOf(id) !== 'float32' || graph.constants.has(id)) return false
      const node = graph.makerOf(id)
      if (!node) return io === 'convert' && id.startsWith('\n') && graph.graph.isInput(id.slice(1))
      if (!isHalf(node)) return false
      const at = node.outputs.indexOf(id)
      const ties = graph.tiesOf(node)
      if (at >= 0 && ties.length === 0) return node.slots?.outputs[at] === true
      const tie = ties.find(({ output, bodyInputs }) => (at >= 0 ? output === at : bodyInputs.includes(id)))
      return tie !== undefined && isFloatTie(graph, node, tie)
    },
    demandOf(node, input) {
      if (graph.dtypeOf(node.inputs[input] ?? '') !== 'float32') return 'any'
      if (readsAnyFloat(node.node)) return 'any'
      const tie = graph.tiesOf(node).find(each => each.input === input)
      if (tie) return modes.isHalfTie(node, tie) ? 'half' : 'float'
      return isHalf(node) && node.slots?.inputs[input] === true ? 'half' : 'float'
    },
  }
  return modes
}

/** fp32 at all ends. */
function isFloatTie(graph: HalfGraph, node: HalfNode, { output, bodyInputs, bodyOutputs }: Tie): boolean {
  const made = output === undefined ? undefined : node.outputs[output]
  const ids = [...(made === undefined ? [] : [made]), ...bodyInputs, ...bodyOutputs.map(({ id }) => id)]
  return ids.length > 0 && ids.every(id => graph.dtypeOf(id) === 'float32')
}

/** Movement of halves whose sources and readers all stay in fp32. */
function idleMovement(graph: HalfGraph, modes: HalfModes): readonly string[] {
  const moves = graph.nodes.filter(
    node => modes.isHalf(node) && node.node.domain === '' && movement.has(node.node.op),
  )
  const cold = new Set<string>()
  for (const node of moves) {
    const isCold = (id: string): boolean => graph.constants.has(id) || cold.has(id) || !modes.holdsHalf(id)
    if (node.inputs.every(id => id === undefined || isCold(id)))
      for (const id of node.outputs) if (id !== undefined) cold.add(id)
  }
  const idle = new Set<string>()
  for (const node of moves.toReversed()) {
    const ids = node.outputs.filter(id => id !== undefined)
    const wanted = ids.flatMap(id => graph.readersOf(id))
    const isFloat = ({ node: reader, input }: (typeof wanted)[number]): boolean =>
      idle.has(reader.key) || modes.demandOf(reader, input) !== 'half'
    if (ids.some(id => !cold.has(id) || graph.givenOut.has(id)) || !wanted.every(isFloat)) continue
    const matters = wanted.some(
      each => idle.has(each.node.key) || modes.demandOf(each.node, each.input) === 'float',
    )
    if (matters || ids.some(id => isTopOutput(graph, id) && modes.io === 'keep')) idle.add(node.key)
  }
  return [...idle]
}

function isTopOutput({ graph }: HalfGraph, id: string): boolean {
  return id.startsWith('\n') && graph.isOutput(id.slice(1))
}
