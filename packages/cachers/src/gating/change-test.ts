// Whether a value changed enough since an earlier call is decided in the graph, so nothing is run to find out:
//   change = max over rows of mean|v − v_before| / mean|v_before|, through a polynomial where one is given
//   run    = force, or change ≥ limit
// It is an If of its own: forced, no earlier value is read, so the neutral one may be empty.
import { Body, DamsonError, dataTypes, Draft, memoryTensor, tensorOf, type Graph, type ValueType } from '@damson/graph' // prettier-ignore
import type { Feeds, Outputs, Port, TensorData } from '@damson/core'
import { nodeAdder, type AddNode, type Fresh } from './add-node.ts'
import type { GatePort } from './cache-gate.ts'

export interface ChangeTest {
  /** Part of the names and roles of the ports. */
  readonly name: string
  readonly value: string
  /** Where given, the change of `value − base` is what counts. */
  readonly base?: string
  /** Coefficients c₀, c₁, … of Σ cᵢ·changeⁱ; below 0 counts as 0. Default: the change itself. */
  readonly polynomial?: readonly number[]
}

export interface TestedGraph {
  readonly graph: Graph
  /** The bool that says run. */
  readonly when: string
  readonly ports: readonly GatePort[]
}

/** The graph with the test in it. Rank and type of the value have to be known. */
export function addChangeTest(graph: Graph, test: ChangeTest): TestedGraph {
  const { name, value, base } = test
  const draft = new Draft(graph)
  const type = draft.typeOf(value)
  if (type?.kind !== 'tensor' || !type.dtype || !type.shape) throw unknownType(value)
  const [force, limit, before] = ['force', 'limit', 'before'].map(each => draft.fresh(`${name}_${each}`))
  const watched = draft.fresh(`${name}_watched`)
  const outputs = { ran: draft.fresh(`${name}_ran`), change: draft.fresh(`${name}_change`) }
  if (force === undefined || limit === undefined || before === undefined) throw unknownType(value)
  draft.add(base === undefined ? { op: 'Identity', inputs: [value], outputs: [watched] } : { op: 'Sub', inputs: [value, base], outputs: [watched] }) // prettier-ignore
  const fresh = (hint: string): string => draft.fresh(`${name}_${hint}`)
  draft.add({
    op: 'If',
    name: fresh('test'),
    inputs: [force],
    outputs: [outputs.ran, outputs.change],
    attributes: new Map([
      ['then_branch', { type: 'graph', value: forced(fresh, force) }],
      ['else_branch', { type: 'graph', value: compared(fresh, test, { watched, before, limit }, type.dtype === 'float32') }],
    ]),
  }) // prettier-ignore
  const shape = type.shape.map((dim, axis) => (typeof dim === 'number' ? dim : `${before}_${axis}`))
  const watchedType: ValueType = { kind: 'tensor', dtype: type.dtype, shape: type.shape }
  draft.setInputs([...draft.inputs, { name: force, type: flag }, { name: limit, type: number }, { name: before, type: { ...watchedType, shape } }]) // prettier-ignore
  draft.setOutputs([...draft.outputs, { name: outputs.ran, type: flag }, { name: outputs.change, type: number }, { name: watched, type: watchedType }]) // prettier-ignore
  const body = draft.finish()
  return {
    graph: graph.with({ nodes: body.nodes, inputs: body.inputs, outputs: body.outputs, types: body.types, initializers: body.initializers }),
    when: outputs.ran,
    ports: portsOf(name, { force, limit, before, watched, ...outputs }, type.dtype, type.shape),
  } // prettier-ignore
}

type PortName = 'force' | 'limit' | 'before' | 'watched' | 'ran' | 'change'

function portsOf(
  name: string,
  names: Readonly<Record<PortName, string>>,
  dtype: string,
  shape: readonly unknown[],
): readonly GatePort[] {
  // prettier-ignore
  const input = (port: 'force' | 'limit' | 'before', type: string, dims: readonly number[], fill: number): GatePort => ({ name: names[port], direction: 'input', role: `${name}:${port}`, neutral: { dtype: type, shape: dims, fill } }) // prettier-ignore
  const output = (port: 'ran' | 'change' | 'watched'): GatePort => ({ name: names[port], direction: 'output', role: `${name}:${port}` }) // prettier-ignore
  const sizes = shape.map(dim => (typeof dim === 'number' ? dim : 0))
  return [
    input('force', 'bool', [], 1),
    input('limit', 'float32', [], 0),
    { ...input('before', dtype, sizes, 0), pair: names.watched },
    output('ran'),
    output('change'),
    { ...output('watched'), pair: names.before },
  ]
}

const flag: ValueType = { kind: 'tensor', dtype: 'bool', shape: [] }
const number: ValueType = { kind: 'tensor', dtype: 'float32', shape: [] }
function emptyBody(name: string): Draft {
  return new Draft(new Body({ name, inputs: [], outputs: [], initializers: new Map(), nodes: [] }))
}

function forced(fresh: Fresh, force: string): Body {
  const branch = emptyBody(fresh('forced'))
  const add = nodeAdder(branch, fresh)
  const zero = new Map([
    ['value', { type: 'tensor', value: memoryTensor('float32', [], new Uint8Array(4)) } as const],
  ])
  branch.setOutputs([{ name: add('Identity', [force]), type: flag }, { name: add('Constant', [], zero), type: number }]) // prettier-ignore
  return branch.finish()
}

interface Compared {
  readonly watched: string
  readonly before: string
  readonly limit: string
}

function compared(
  fresh: Fresh,
  { polynomial }: ChangeTest,
  { watched, before, limit }: Compared,
  isFloat: boolean,
): Body {
  // prettier-ignore
  const branch = emptyBody(fresh('compared'))
  const add = nodeAdder(branch, fresh)
  const scalar = (value: number): string => branch.addInitializer(fresh('number'), tensorOf('float32', [], [value])) // prettier-ignore
  const rows = branch.addInitializer(fresh('rows'), tensorOf('int64', [3], [0, 1, -1]))
  const toFloat = new Map([['to', { type: 'int', value: BigInt(dataTypes.float32.code) } as const]])
  // A mean over all axes but the first that needs no axes, whose place depends on the opset: [rows, 1, …] → [rows, 1, 1]
  const meanSize = (name: string): string => {
    const float = isFloat ? name : add('Cast', [name], toFloat)
    return add('GlobalAveragePool', [add('Reshape', [add('Abs', [float]), rows])])
  }
  const byRow = add('Div', [meanSize(add('Sub', [watched, before])), meanSize(before)])
  const largest = add('ReduceMax', [byRow], new Map([['keepdims', { type: 'int', value: 0n } as const]]))
  const change = polynomial === undefined ? largest : add('Max', [horner(add, scalar, polynomial, largest), scalar(0)]) // prettier-ignore
  const ran = add('Not', [add('Less', [change, limit])])
  branch.setOutputs([
    { name: ran, type: flag },
    { name: change, type: number },
  ])
  return branch.finish()
}

/** c₀ + x·(c₁ + x·(c₂ + …)) */
function horner(
  add: AddNode,
  scalar: (value: number) => string,
  coefficients: readonly number[],
  x: string,
): string {
  // prettier-ignore
  return coefficients.reduceRight<string>(
    (sum, c) => (sum === '' ? scalar(c) : add('Add', [scalar(c), add('Mul', [x, sum])])),
    '',
  )
}

/** The ports of a test as middleware drives them. */
export interface TestPorts {
  /** Feeds that ask whether the change since `before` reaches the limit. */
  ask(before: TensorData, limit: number): Feeds
  ran(outputs: Outputs): boolean
  change(outputs: Outputs): number
  /** What is compared, of this call. */
  watched(outputs: Outputs): TensorData | undefined
}

export function testPorts(ports: readonly Port[], name: string): TestPorts {
  const named = (role: string): string => ports.find(port => port.role === `${name}:${role}`)?.name ?? ''
  return {
    ask: (before, limit) => ({
      [named('force')]: { dtype: 'bool', shape: [], data: Uint8Array.of(0) },
      [named('limit')]: { dtype: 'float32', shape: [], data: Float32Array.of(limit) },
      [named('before')]: before,
    }),
    ran: outputs => Number(outputs[named('ran')]?.data[0]) === 1,
    change: outputs => Number(outputs[named('change')]?.data[0]),
    watched: outputs => outputs[named('watched')],
  }
}

function unknownType(value: string): DamsonError {
  return new DamsonError('unknown-type', `Expected the type and rank of "${value}" to be known, since its earlier value becomes an input. Infer types first.`) // prettier-ignore
}
