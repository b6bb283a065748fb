// The steps that are compared with ONNX Runtime's quantize_dynamic, and the nodes that each codes in a graph.
import { plan, smash, type Model, type Step } from '@damson/core'
import { weights } from '@damson/graph'
import { dynamicInt8 } from '../src/algorithms/dynamic-int8.ts'

const types = ['int8', 'uint8'] as const
const pers = ['channel', 'tensor'] as const

/** All settings that both tools have, over all operators; the key is `type/per/range`. */
export const comparedSettings: readonly (readonly [string, Step])[] = types.flatMap(type =>
  pers.flatMap(per =>
    [false, true].map(reduceRange => {
      // Node by node as quantize_dynamic writes it.
      const step = dynamicInt8({
        weights: type,
        per,
        reduceRange,
        ops: ['MatMul', 'Gemm', 'Conv', 'Gather'],
        format: 'standard',
      })
      return [`${type}/${per}/${reduceRange ? 'reduced' : 'full'}`, step] as const
    }),
  ),
)

/** The steps whose choice of nodes is given to the other tool, by name. */
export const nodeChoices: Readonly<Record<string, Step>> = {
  channel: dynamicInt8({ per: 'channel', ops: ['MatMul', 'Gemm', 'Conv', 'Gather'] }),
  tensor: dynamicInt8({ per: 'tensor', ops: ['MatMul', 'Gemm', 'Conv', 'Gather'] }),
  default: dynamicInt8(),
}

/** First outputs of the nodes whose weights a step codes; none where there is nothing for it to do. */
export async function codedNodes(model: Model, step: Step): Promise<readonly string[]> {
  if (plan(model, [step]).conflicts.length > 0) return []
  const { initializers } = (await smash(model, [step])).part('model').graph
  return weights(model.part('model').graph)
    .filter(({ name }) => initializers.has(`${name}_quantized`))
    .flatMap(({ uses }) => uses.map(({ node }) => node.outputs[0] ?? ''))
}
