// Puts a region behind a gate: an If whose one branch runs it and whose other branch makes its values from earlier results.
//   open:    y = region(…)            kept = y − x          (or y itself where no x is given)
//   closed:  y = x + Σ wₐ·cachedₐ     kept = nothing        (wₐ = 1 where one earlier result is all there is)
// Gate, weights and caches are ports, so the file runs anywhere; open, it computes to the bit what it did before.
import {
  DamsonError, dataTypes, Draft, gate, memoryTensor, tensorOf, type DataType, type Graph, type Node, type ValueInfo, type ValueType,
} from '@damson/graph' // prettier-ignore
import type { Port } from '@damson/core'
import { nodeAdder, type AddNode, type Fresh } from './add-node.ts'

/** A value that a gate hands on when its region does not run. */
interface Cut {
  readonly value: string
  /** Where given, the difference to this value is kept and added to it again: what a residual branch added. */
  readonly base?: string
}

export interface CacheGate {
  /** What the region is, in a word: part of the names and roles of the ports. Gates of one name open and close together. */
  readonly name: string
  readonly cuts: readonly Cut[]
  readonly region: readonly Node[]
  /** How many earlier results a closed gate combines; 1 repeats the last. */
  readonly history?: number
  /** A bool of the graph that opens the gate. Default: an input, `<name>:run`. */
  readonly when?: string
}

export type GatePort = Omit<Port, 'part' | 'step'>

export interface CachedRegion {
  readonly graph: Graph
  readonly ports: readonly GatePort[]
}

/**
 * The graph with the region gated, and the ports that drive it. Types of the cuts have to be known (`inferTypes`).
 * `before`: the ports of earlier gates; those of the same name lend their run and weights, and the cuts count on from theirs.
 */
export function addCacheGate(
  graph: Graph,
  cacheGate: CacheGate,
  before: readonly GatePort[] = [],
): CachedRegion {
  const { name, history = 1 } = cacheGate
  const lent = (what: string): string | undefined =>
    before.find(({ role }) => role === `${name}:${what}`)?.name
  const first = before.filter(({ role, direction }) => direction === 'output' && role.startsWith(`${name}:cache:`)).length // prettier-ignore
  const draft = new Draft(graph)
  const cuts = cacheGate.cuts.map((cut, at) => prepared(draft, cut, `${name}_cache_${first + at}`, history))
  const weights = lent('weights') ?? (history > 1 ? draft.fresh(`${name}_weights`) : undefined)
  const ownWeights = weights !== undefined && lent('weights') === undefined
  const weightsInput: readonly ValueInfo[] = ownWeights
    ? [{ name: weights, type: tensorType('float32', [history]) }]
    : []
  const open = withPorts(graph, draft, weightsInput, cuts)
  const made = cuts.flatMap(cut => (cut.difference ? [cut.difference] : []))
  const run = `${name}_run`
  const gated = gate(open, [...cacheGate.region, ...made], {
    when: cacheGate.when ?? lent('run') ?? { input: run },
    otherwise: output => ({ build: closedBranch(open, cuts, weights, output) }),
    name: `${name}_gate`,
  })
  const opened = gated.added[0]
  return {
    graph: gated.graph,
    ports: [
      ...(opened ? [inputPort(opened.name, `${name}:run`, 'bool', [], 1)] : []),
      ...(ownWeights ? [inputPort(weights, `${name}:weights`, 'float32', [history], 0)] : []),
      ...cuts.flatMap((cut, at) => cachePorts(cut, `${name}:cache:${first + at}`)),
    ],
  }
}

/** The graph with the inputs and outputs of its gate, not gated yet. */
function withPorts(
  graph: Graph,
  draft: Draft,
  weightsInput: readonly ValueInfo[],
  cuts: readonly PreparedCut[],
): Graph {
  draft.setInputs([...draft.inputs, ...weightsInput, ...cuts.flatMap(cut => cut.inputs)])
  draft.setOutputs([...draft.outputs, ...cuts.map(({ kept, type }) => ({ name: kept, type }))])
  const { nodes, inputs, outputs, types } = draft.finish()
  return graph.with({ nodes, inputs, outputs, types })
}

interface PreparedCut extends Cut {
  /** The graph output that is kept. */
  readonly kept: string
  /** The node that makes it, where it is a difference. */
  readonly difference: Node | undefined
  readonly type: ValueType
  readonly dtype: DataType
  /** Earlier results, the last first. */
  readonly inputs: readonly ValueInfo[]
}

function prepared(draft: Draft, cut: Cut, hint: string, history: number): PreparedCut {
  const type = draft.typeOf(cut.value)
  const dtype = type?.kind === 'tensor' ? type.dtype : undefined
  const dims = type?.kind === 'tensor' ? type.shape : undefined
  if (!dtype || !dims) throw unknownType(cut.value)
  const difference =
    cut.base === undefined
      ? undefined
      : draft.add({ op: 'Sub', inputs: [cut.value, cut.base], outputs: [draft.fresh(`${hint}_kept`)] })
  // Sizes that are not fixed may differ from run to run, so each axis has a name of its own.
  const inputs = Array.from(
    { length: dataTypes[dtype].kind === 'float' ? history : 1 },
    (_, age): ValueInfo => {
      const name = draft.fresh(age === 0 ? hint : `${hint}_${age}`)
      return { name, type: tensorType(dtype, dims.map((dim, axis) => (typeof dim === 'number' ? dim : `${name}_${axis}`))) } // prettier-ignore
    },
  )
  return { ...cut, type: tensorType(dtype, dims), dtype, difference, inputs, kept: difference?.outputs[0] ?? cut.value } // prettier-ignore
}

/** The nodes of the closed branch that make one of the gate's values. */
function closedBranch(
  graph: Graph,
  cuts: readonly PreparedCut[],
  weights: string | undefined,
  output: ValueInfo,
): (branch: Draft, fresh: Fresh) => string {
  return (branch, fresh) => {
    const add = nodeAdder(branch, fresh, `${output.name}_closed`)
    const kept = cuts.find(cut => cut.difference && cut.kept === output.name)
    if (kept) return nothing(branch, fresh, add, kept)
    const { cut, quantize } = cutOf(graph, cuts, output.name)
    // Sizes are repeated; only numbers are combined.
    const isPlain = weights === undefined || dataTypes[cut.dtype].kind !== 'float'
    const cached = isPlain ? (cut.inputs[0]?.name ?? '') : combined(branch, fresh, add, cut, weights) // prettier-ignore
    const value = cut.base === undefined ? cached : add('Add', [cut.base, cached])
    if (quantize) return add('QuantizeLinear', [value, ...quantize.inputs.slice(1)], quantize.attributes)
    // ONNX Runtime refuses values from outside as outputs of a branch.
    return value === cut.inputs[0]?.name ? add('Identity', [value]) : value
  }
}

/** Σ wₐ·cachedₐ */
function combined(branch: Draft, fresh: Fresh, add: AddNode, cut: PreparedCut, weights: string): string {
  const terms = cut.inputs.map(({ name }, age) => {
    const index = branch.addInitializer(fresh('age'), tensorOf('int64', [], [age]))
    const weight = add('Gather', [weights, index])
    const to = new Map([['to', { type: 'int', value: BigInt(dataTypes[cut.dtype].code) } as const]])
    const like = cut.dtype === 'float32' ? weight : add('Cast', [weight], to)
    return add('Mul', [name, like])
  })
  return terms.reduce((sum, term) => add('Add', [sum, term]))
}

/** A tensor without elements: what a closed gate keeps. */
function nothing(branch: Draft, fresh: Fresh, add: AddNode, cut: PreparedCut): string {
  const dims = cut.type.kind === 'tensor' ? (cut.type.shape ?? []) : []
  const shape = branch.addInitializer(fresh('none'), tensorOf('int64', [dims.length], emptyShape(dims)))
  const bytes = new Uint8Array(cut.dtype === 'float64' ? 8 : cut.dtype === 'float32' ? 4 : 2)
  return add('ConstantOfShape', [shape], new Map([['value', { type: 'tensor', value: memoryTensor(cut.dtype, [1], bytes) }]])) // prettier-ignore
}

/** Which cut a value of the border is: itself, or its codes where Q/DQ lie on the border. */
function cutOf(
  graph: Graph,
  cuts: readonly PreparedCut[],
  name: string,
): { readonly cut: PreparedCut; readonly quantize?: Node } {
  const own = cuts.find(({ value }) => value === name)
  if (own) return { cut: own }
  const quantize = graph.producer(name)
  const coded = cuts.find(
    ({ value }) => quantize?.inputs[0] === value || graph.producer(value)?.inputs[0] === name,
  )
  if (coded && quantize?.op === 'QuantizeLinear') return { cut: coded, quantize }
  throw new DamsonError(
    'open-region',
    `Expected a region that only ${cuts.map(({ value }) => `"${value}"`).join(' and ')} leave, but "${name}" is read outside too.`,
  )
}

/** A shape without elements: the sizes that are fixed stay. */
function emptyShape(dims: readonly (number | string | null)[]): readonly number[] {
  const sizes = dims.map(dim => (typeof dim === 'number' ? dim : 0))
  return sizes.includes(0) ? sizes : [0, ...sizes.slice(1)]
}

function cachePorts(cut: PreparedCut, role: string): readonly GatePort[] {
  const inputs = cut.inputs.map(({ name, type }, age): GatePort => {
    const dims = type?.kind === 'tensor' ? (type.shape ?? []) : []
    const sizes = dims.map(dim => (typeof dim === 'number' ? dim : 0))
    return { ...inputPort(name, `${role}:${age}`, cut.dtype, sizes, 0), pair: cut.kept }
  })
  return [...inputs, { name: cut.kept, direction: 'output', role, pair: cut.inputs[0]?.name ?? '' }]
}

function inputPort(
  name: string,
  role: string,
  dtype: string,
  shape: readonly number[],
  fill: number,
): GatePort {
  return { name, direction: 'input', role, neutral: { dtype, shape, fill } }
}

function tensorType(dtype: DataType, shape: readonly (number | string | null)[]): ValueType {
  return { kind: 'tensor', dtype, shape }
}

function unknownType(value: string): DamsonError {
  return new DamsonError(
    'unknown-type',
    `Expected the type and rank of "${value}" to be known, since what is kept of it becomes an input. Infer types first.`,
  )
}
