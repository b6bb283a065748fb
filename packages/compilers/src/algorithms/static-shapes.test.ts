import { modelOf, type Model } from '@damson/core'
import { onnx } from '@damson/graph'
import { describeAlgorithm, tinyMlp } from '@damson/testing'
import { staticShapes } from './static-shapes.ts'

function withoutWeights(): Model {
  return modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    relu (float[batch,4] x) => (float[batch,4] y) { y = Relu(x) }`)
}

describeAlgorithm(staticShapes, {
  accepts: { mlp: tinyMlp },
  refuses: { 'a model without weights': { model: withoutWeights, reason: /no float32 matrix/ } },
  expect: { outputs: { sqnr: 20 }, size: 1.01 },
})
