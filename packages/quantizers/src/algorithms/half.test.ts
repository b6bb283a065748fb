import { describeAlgorithm, tinyConvNet, tinyEncoder, tinyMlp, tinyUnet } from '@damson/testing'
import { modelOf } from '@damson/core'
import { onnx } from '@damson/graph'
import { half } from './half.ts'

describeAlgorithm(half, {
  accepts: { encoder: tinyEncoder, mlp: tinyMlp, convNet: tinyConvNet, unet: tinyUnet },
  refuses: {
    'a graph without weights': {
      model: () => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
      reason: /no fp32 weight/,
    },
    'a graph whose casts outweigh its weights': {
      model: () =>
        modelOf(onnx`
          <opset_import: ["" : 17]>
          g (float[4] x) => (float[4] y) <float[4] w = {1.0, 2.0, 3.0, 4.0}> { y = Add(x, w) }`),
      reason: /would grow/,
    },
  },
  expect: { outputs: { sqnr: 60 }, size: 0.51 },
  inert: { guard: 'these models have nothing that a half cannot hold' },
})
