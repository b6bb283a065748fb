// A convolution with its norm, arithmetic on shapes, and what must stay.
import { modelOf, smash, type Model } from '@damson/core'
import { onnx } from '@damson/graph'
import { describeAlgorithm, tinyMlp } from '@damson/testing'
import { simplify } from './simplify.ts'

function nothingToDo(): Model {
  return modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    none (float[batch,4] x) => (float[batch,4] x) { }`)
}

describeAlgorithm(simplify, {
  accepts: { mlp: tinyMlp },
  refuses: { 'a model without operators': { model: nothingToDo, reason: /no operators/ } },
  expect: { outputs: { sqnr: 100 }, size: 1.01 },
})
