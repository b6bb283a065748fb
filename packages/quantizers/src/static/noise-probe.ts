// How much noise each pair and each coded weight adds to the outputs, measured: one graph in which every one of them can be
// switched on by itself, so that a single session answers for all of them.
//   v' = Where(on[i], Dequantize(Quantize(v)), v)
import { Draft, tensorOf, type Graph, type Tensor } from '@damson/graph'
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
    const coded = draft.fresh(`${source.name}_noisy`)
    const switched = draft.fresh(`${source.name}_switched`)
    const isOutput = graph.isOutput(source.name)
    draft.redirect(source.name, switched, () => true)
    const from = isOutput ? renamedOutput(draft, source.name) : source.name
    addCoded(draft, source, from, coded)
    draft.add({ op: 'Where', inputs: [on, coded, from], outputs: [isOutput ? source.name : switched] })
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

function addCoded(draft: Draft, source: Source, from: string, output: string): void {
  if (source.kind === 'value') {
    const own = [
      draft.addInitializer(`${from}_scale`, scaleTensor(source.coding)),
      draft.addInitializer(`${from}_zero_point`, zeroPointTensor(source.coding)),
    ]
    const [codes = ''] = draft.add({ op: 'QuantizeLinear', inputs: [from, ...own] }).outputs
    draft.add({ op: 'DequantizeLinear', inputs: [codes, ...own], outputs: [output] })
    return
  }
  const { axis, codes, scales } = source
  const inputs = [
    draft.addInitializer(`${from}_codes`, codes),
    draft.addInitializer(`${from}_scale`, tensorOf('float32', [scales.length], [...scales])),
  ]
  const attributes = new Map([['axis', { type: 'int', value: BigInt(axis) } as const]])
  draft.add({ op: 'DequantizeLinear', inputs, outputs: [output], attributes })
}
