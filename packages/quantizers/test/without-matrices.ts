// What every quantizer of weights refuses: a graph that has none.
import { modelOf, type Model } from '@damson/core'
import { onnx } from '@damson/graph'

/** For `refuses` of `describeAlgorithm`. */
export const withoutMatrices = {
  'a graph without matrices': {
    model: (): Model => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
    reason: /no constant matrix/,
  },
} as const
