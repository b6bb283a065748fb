// The first text of an algorithm's test: the conformance suite on a model it accepts and one it refuses. Numbers that
// only this algorithm promises are added below it.
import type { Names } from './names.ts'

/** `src/algorithms/<stem>.test.ts` */
export function testText(names: Names): string {
  return names.family === 'cachers' ? wrapTest(names) : rewriteTest(names)
}

function rewriteTest({ stem, exported }: Names): string {
  return `import { modelOf, type Model } from '@damson/core'
import { onnx } from '@damson/graph'
import { describeAlgorithm, tinyMlp } from '@damson/testing'
import { ${exported} } from './${stem}.ts'

function withoutWeights(): Model {
  return modelOf(onnx\`
    <ir_version: 8, opset_import: ["" : 17]>
    relu (float[batch,4] x) => (float[batch,4] y) { y = Relu(x) }\`)
}

describeAlgorithm(${exported}, {
  accepts: { mlp: tinyMlp },
  refuses: { 'a model without weights': { model: withoutWeights, reason: /no float32 matrix/ } },
  expect: { outputs: { sqnr: 20 }, size: 1.01 },
})
`
}

function wrapTest({ stem, exported }: Names): string {
  return `import { describeAlgorithm, tinyMlp, tinyUnet } from '@damson/testing'
import { ${exported} } from './${stem}.ts'

describeAlgorithm(${exported}, {
  accepts: { unet: tinyUnet },
  refuses: { 'what is no denoiser': { model: tinyMlp, reason: /only a denoiser/ } },
  expect: { outputs: { sqnr: 0 }, size: 1.01 },
})
`
}
