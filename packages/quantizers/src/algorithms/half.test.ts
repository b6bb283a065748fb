import { describeAlgorithm, tinyConvNet, tinyEncoder, tinyMlp, tinyUnet } from '@damson/testing'
import { modelOf, type Model } from '@damson/core'
import { onnx } from '@damson/graph'
import { half } from './half.ts'

const accepts = { encoder: tinyEncoder, mlp: tinyMlp, convNet: tinyConvNet, unet: tinyUnet }
const weightless = {
  model: () => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
  reason: /no fp32 weight/,
}
const tiny = (): Model =>
  modelOf(onnx`
    <opset_import: ["" : 17]>
    g (float[4] x) => (float[4] y) <float[4] w = {1.0, 2.0, 3.0, 4.0}> { y = Add(x, w) }`)

// On a CPU: storage.
describeAlgorithm(half, {
  accepts,
  refuses: {
    'a graph without weights': weightless,
    'weights that a cast outweighs': { model: tiny, reason: /takes less room/ },
  },
  expect: { outputs: { sqnr: 65 }, size: 0.56 },
  inert: {},
})

// On a GPU: arithmetic.
describeAlgorithm(half, {
  accepts,
  target: 'webgpu',
  refuses: {
    'a graph without weights': weightless,
    'a graph whose casts outweigh its weights': { model: tiny, reason: /would grow/ },
  },
  expect: { outputs: { sqnr: 60 }, size: 0.51 },
  inert: { guard: 'these models have nothing that a half cannot hold' },
})
