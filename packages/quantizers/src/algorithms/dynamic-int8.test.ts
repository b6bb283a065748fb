import { modelOf } from '@damson/core'
import { onnx } from '@damson/graph'
import { describeAlgorithm, tinyConvNet, tinyEncoder, tinyMlp } from '@damson/testing'
import { dynamicInt8 } from './dynamic-int8.ts'

describeAlgorithm(dynamicInt8, {
  accepts: { encoder: tinyEncoder, mlp: tinyMlp, convNet: tinyConvNet },
  refuses: {
    'a graph without matrices': {
      model: () => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
      reason: /no constant matrix/,
    },
  },
  // Where convolutions are coded too.
  target: 'wasm',
  expect: { outputs: { sqnr: 32 }, size: 0.38 },
})
