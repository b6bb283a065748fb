import type { TensorData } from '@damson/core'
import { expect, test } from 'vitest'
import { tensorLike } from '../gating/combined-tensors.ts'
import { stackedOutputs } from './both-halves.ts'

test('two halves are one batch again in every type of float', () => {
  for (const dtype of ['float32', 'float64', 'float16'] as const) {
    const like: TensorData = { dtype, shape: [1, 2], data: new Float32Array(2) }
    const [first, second] = [
      tensorLike(like, Float64Array.of(1, -2)),
      tensorLike(like, Float64Array.of(0.5, 3)),
    ]
    const whole = tensorLike({ ...like, shape: [2, 2] }, Float64Array.of(1, -2, 0.5, 3))
    expect(stackedOutputs({ out: first }, { out: second }).out).toEqual(whole)
  }
})
