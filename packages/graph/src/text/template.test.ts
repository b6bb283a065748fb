import { expect, test } from 'vitest'
import { numbers } from '../tensors/elements.ts'
import { scalarTensor, tensorOf } from '../tensors/memory-tensor.ts'
import { onnx } from './template.ts'

test('numbers, names, shapes and tensors go in', () => {
  const weight = tensorOf('float32', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8])
  const graph = onnx`
    (float${[2, 'N']} ${'/x/in'}) => (float[2] y) <float[2,4] w = ${weight}>
    { c = Constant<value = ${scalarTensor('int64', 3)}>()  y = Clip<max = ${6.5}, axes = ${[0, 1]}>(${'/x/in'}, w) }`
  expect(graph.inputs).toEqual([
    { name: '/x/in', type: { kind: 'tensor', dtype: 'float32', shape: [2, 'N'] } },
  ])
  expect(graph.tensor('w')).toBe(weight)
  const constant = graph.tensor('c')
  expect(constant && numbers(constant)).toEqual([3])
  expect(graph.nodes[1]?.attributes).toEqual(
    new Map([
      ['max', { type: 'float', value: 6.5 }],
      ['axes', { type: 'ints', value: [0n, 1n] }],
    ]),
  )
})

test('a tensor of another type than the text says is refused', () => {
  expect(() => onnx`(x) => (y) <float[3] w = ${tensorOf('float32', [2], [1, 2])}> { y = F(x) }`).toThrow(
    'expected the type of the tensor given for it, float32[2]',
  )
})
