import { memoryTensor, onnx, tensorOf } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { seededNormal } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { kernelCounts, kernelReport } from './integer-kernels.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

test('a product with float activations and a coded weight is none of both: ONNX Runtime codes its activations by blocks', async () => {
  const codes = Int8Array.from(seededNormal(1, 64 * 64, 40), Math.round)
  const optimized = await runtime.optimized?.(onnx`<ir_version: 8, opset_import: ["" : 17]>
    g (float[n,64] x, float[64,n] z) => (float[n,64] y, float[n,n] s)
    <int8[64,64] codes = ${memoryTensor('int8', [64, 64], codes)}, float[64] scale = ${memoryTensor('float32', [64], new Float32Array(64).fill(0.01))},
     int8[64] zero = ${tensorOf(
       'int8',
       [64],
       Array.from(codes.subarray(0, 64), () => 0),
     )}>
    {
      w = DequantizeLinear<axis = 1>(codes, scale, zero)
      y = MatMul(x, w)
      s = MatMul(x, z)
    }`)
  expect(optimized && kernelCounts(optimized)).toEqual({ integer: 0, float: 1, byBlock: 1, converted: 0 })
})

test('the report counts every product once', () => {
  const counts = { integer: 3, float: 2, byBlock: 1, converted: 4 }
  expect(kernelReport('unet', counts, ['a'])).toBe(
    'Part "unet": 3 of 6 products run in integers, with 4 conversions. 1 code their activations block by block as they run (MatMulNBits). 1 node stays in floating point, too sensitive or faster there: a.',
  )
})
