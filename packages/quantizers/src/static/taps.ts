// Further outputs of a graph that calibration looks at: the extremes of values, some thousand numbers of each, evenly spread over
// the value, and means of channels. Numbers that are not finite count as 0, which every range holds anyway.
import { Draft, memoryTensor, tensorOf, type Attribute, type Graph, type Tensor } from '@damson/graph'

/** Elements of a run from which a distribution is known well enough to weigh errors by: that many, and up to three times. */
const enough = 8192

/** A value whose mean is asked for, channel by channel. */
export interface Channels {
  readonly value: string
  readonly axis: number
  readonly rank: number
}

/** [least, greatest, elements] */
export const extremesName = (at: number): string => `damson_extremes_${at}`
export const numbersName = (at: number): string => `damson_numbers_${at}`
/** [channels] */
export const meansName = (at: number): string => `damson_means_${at}`

/** The graph with these for outputs, in the order that they are asked for. */
export function tapped(graph: Graph, values: readonly string[], channels: readonly Channels[]): Graph {
  const draft = new Draft(graph)
  const tap = tapper(draft)
  values.forEach((value, at) => {
    const flat = tap.node('Reshape', [value, tap.vector(-1)])
    const finite = tap.node('Less', [tap.node('Abs', [flat]), tap.scalar(Infinity)])
    const clean = tap.node('Where', [finite, flat, tap.scalar(0)])
    const size = tap.node('Shape', [clean])
    const three = [tap.node('ReduceMin', [clean]), tap.node('ReduceMax', [clean]), tap.node('Cast', [size], { to: { type: 'int', value: 1n } })]
    tap.node('Concat', three, { axis: { type: 'int', value: 0n } }, extremesName(at))
    // Odd, so that it does not keep step with sizes that are powers of two.
    const stride = tap.node('Add', [tap.node('Mul', [tap.node('Div', [size, tap.vector(2 * enough)]), tap.vector(2)]), tap.vector(1)])
    tap.node('Slice', [clean, tap.vector(0), tap.vector(2 ** 31 - 1), tap.vector(0), stride], {}, numbersName(at))
  })
  channels.forEach((each, at) => tap.node(...meanOf(tap, each, graph.opset()), meansName(at)))
  const names = [...values.flatMap((_, at) => [extremesName(at), numbersName(at)]), ...channels.map((_, at) => meansName(at))]
  const { nodes, initializers, types } = draft.finish()
  const outputs = names.map(name => ({ name, type: { kind: 'tensor', dtype: 'float32', shape: [null] } as const }))
  return graph.with({ nodes, initializers, types, outputs })
} // prettier-ignore

type Attributes = Readonly<Record<string, Attribute>>

interface Tapper {
  /** Adds a node, and gives the name of its output. */
  node(op: string, inputs: readonly string[], attributes?: Attributes, output?: string): string
  /** int64 [length] */
  vector(...numbers: readonly number[]): string
  /** float32 [] */
  scalar(number: number): string
}

function tapper(draft: Draft): Tapper {
  const constants = new Map<string, string>()
  let count = 0
  const constant = (key: string, tensor: () => Tensor): string => {
    const name = constants.get(key) ?? draft.addInitializer(draft.fresh(`damson_constant_${key}`), tensor())
    constants.set(key, name)
    return name
  }
  return {
    node(op, inputs, attributes = {}, output) {
      const name = `damson_tap_${count++}`
      const fields = { op, name, inputs, outputs: [output ?? draft.fresh(`${name}_output`)] }
      return draft.add({ ...fields, attributes: new Map(Object.entries(attributes)) }).outputs[0] ?? ''
    },
    vector: (...numbers) =>
      constant(`i${numbers.join('_')}`, () => tensorOf('int64', [numbers.length], numbers.map(BigInt))),
    scalar: number => constant(`f${number}`, () => memoryTensor('float32', [], Float32Array.of(number))),
  }
}

/** Axes are an attribute before opset 18, an input from then on. */
function meanOf(
  tap: Tapper,
  { value, axis, rank }: Channels,
  opset: number,
): readonly [op: string, inputs: readonly string[], attributes: Attributes] {
  const axes = Array.from({ length: rank }, (_, each) => each).filter(each => each !== (axis + rank) % rank)
  const keepdims: Attribute = { type: 'int', value: 0n }
  return opset < 18
    ? ['ReduceMean', [value], { keepdims, axes: { type: 'ints', value: axes.map(BigInt) } }]
    : ['ReduceMean', [value, tap.vector(...axes)], { keepdims }]
}
