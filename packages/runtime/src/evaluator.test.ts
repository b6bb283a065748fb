import { elements, onnx } from '@damson/graph'
import { expect, test } from 'vitest'
import { createRuntime } from './create-runtime.ts'
import { evaluator } from './evaluator.ts'

test('a graph without inputs gives its outputs as tensors', async () => {
  const runtime = createRuntime()
  const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g () => (float[2] y, string[1] s, int64[1] n)
    <float[2] a = {1, 2}, string[1] t = {"plum"}> { y = Add(a, a) s = Identity(t) n = Shape(a) }`
  const outputs = await evaluator(runtime)(graph)
  const [y, s, n] = ['y', 's', 'n'].map(name => outputs.get(name))
  expect([y && elements(y), s?.strings, n && elements(n)]).toEqual([[2, 4], ['plum'], [2n]])
  await runtime.close()
})
