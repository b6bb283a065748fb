import { describeAlgorithm, tinyConvNet, tinyEncoder, tinyMlp } from '@damson/testing'
import { modelOf } from '@damson/core'
import { onnx } from '@damson/graph'
import { weightOnly } from './weight-only.ts'

describeAlgorithm(weightOnly, {
  accepts: { encoder: tinyEncoder, mlp: tinyMlp, convNet: tinyConvNet },
  refuses: {
    'a graph without matrices': {
      model: () => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
      reason: /no constant matrix/,
    },
  },
  expect: { outputs: { sqnr: 12 }, size: 0.96 },
})
