import { modelOf } from '@damson/core'
import { onnx } from '@damson/graph'
import { describeAlgorithm, tinyMlp } from '@damson/testing'
import { clip } from './clip.js'

const withoutWeights = () =>
  modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    relu (float[batch,4] x) => (float[batch,4] y) { y = Relu(x) }`)

describeAlgorithm(clip, {
  accepts: { mlp: tinyMlp },
  refuses: { 'a model without weights': { model: withoutWeights, reason: /no small float32 matrix/ } },
  expect: { outputs: { sqnr: 20 }, size: 1.01 },
})
