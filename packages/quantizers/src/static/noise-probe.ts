// How much noise each pair and each coded weight adds to the outputs, measured: one graph in which every one of them can be
// switched on by itself, so that a single session answers for all of them. What is off costs next to nothing: an If runs one
// of its branches.
//   v' = If(on[i]) { Dequantize(Quantize(v)) } else { v }
import { Body, Draft, tensorOf, type Graph, type Node, type Tensor } from '@damson/graph'
import { scaleTensor, zeroPointTensor, type Coding } from './codes.ts'

/** Something that adds noise: a value with a pair, or a coded weight. */
export type Source =
  | { readonly kind: 'value'; readonly name: string; readonly coding: Coding }
  | { readonly kind: 'weight'; readonly name: string; readonly axis: number; readonly codes: Tensor; readonly scales: Float32Array } // prettier-ignore

export interface Probe {
  readonly graph: Graph
  /** The input that says what is on: bool [sources]. */
  readonly input: string
}

/** The graph with a switch for every source. */
export function noiseProbe(graph: Graph, sources: readonly Source[]): Probe {
  const draft = new Draft(graph)
  const input = draft.fresh('damson_on')
  draft.setInputs([...draft.inputs, { name: input, type: { kind: 'tensor', dtype: 'bool', shape: [sources.length] } }])
  sources.forEach((source, at) => {
    const index = draft.addInitializer(`damson_at_${at}`, tensorOf('int64', [], [BigInt(at)]))
    const [on = ''] = draft.add({ op: 'Gather', inputs: [input, index] }).outputs
    const switched = draft.fresh(`${source.name}_switched`)
    const isOutput = graph.isOutput(source.name)
    draft.redirect(source.name, switched, () => true)
    const from = isOutput ? renamedOutput(draft, source.name) : source.name
    const branches = { then_branch: codedBranch(draft, source, from), else_branch: plainBranch(draft, from) }
    const attributes: Node['attributes'] = new Map(Object.entries(branches).map(([name, value]) => [name, { type: 'graph', value }]))
    draft.add({ op: 'If', inputs: [on], outputs: [isOutput ? source.name : switched], attributes })
    if (isOutput) draft.redirect(switched, source.name, () => true)
  })
  const body = draft.finish()
  return { graph: graph.with({ nodes: body.nodes, initializers: body.initializers, inputs: body.inputs, types: body.types }), input }
} // prettier-ignore

/** An output keeps its name behind the switch, so what makes it gets another. */
function renamedOutput(draft: Draft, name: string): string {
  const producer = draft.producer(name)
  const before = draft.fresh(`${name}_before`)
  if (producer)
    draft.replace(producer, { outputs: producer.outputs.map(each => (each === name ? before : each)) })
  return before
}

/** Reads the value from outside, and gives it back as its codes say. */
function codedBranch(draft: Draft, source: Source, from: string): Body {
  const scale = draft.addInitializer(`${from}_scale`, source.kind === 'value' ? scaleTensor(source.coding) : vector(source.scales))
  const name = draft.fresh(`${from}_decoded`)
  if (source.kind === 'value') {
    const zero = draft.addInitializer(`${from}_zero_point`, zeroPointTensor(source.coding))
    const codes = draft.fresh(`${from}_codes`)
    const coded = innerNode('QuantizeLinear', [from, scale, zero], codes)
    return branch([coded, innerNode('DequantizeLinear', [codes, scale, zero], name)], name)
  }
  const codes = draft.addInitializer(`${from}_codes`, source.codes)
  const attributes = new Map([['axis', { type: 'int', value: BigInt(source.axis) } as const]])
  return branch([innerNode('DequantizeLinear', [codes, scale], name, attributes)], name)
} // prettier-ignore

function plainBranch(draft: Draft, from: string): Body {
  const name = draft.fresh(`${from}_plain`)
  return branch([innerNode('Identity', [from], name)], name)
}

const vector = (values: Float32Array): Tensor => tensorOf('float32', [values.length], [...values])

function innerNode(op: string, inputs: readonly string[], output: string, attributes: Node['attributes'] = new Map()): Node {
  return { op, domain: '', name: output, inputs, outputs: [output], attributes, origins: [] }
} // prettier-ignore

function branch(nodes: readonly Node[], output: string): Body {
  const outputs = [{ name: output, type: { kind: 'tensor', dtype: 'float32' } as const }]
  return new Body({ name: `${output}_branch`, inputs: [], outputs, initializers: new Map(), nodes })
}
