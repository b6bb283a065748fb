import { onnx, type Graph } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { afterAll, expect, test } from 'vitest'
import { differences, expectSameOutputs } from './same-outputs.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const array = (...values: number[]): { y: { dtype: 'float32'; shape: number[]; data: Float32Array } } => ({
  y: { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) },
})
const shift = (by: number): Graph =>
  onnx`(float[3] x) => (float[3] y) { c = Constant<value_float = ${by}>()  y = Add(x, c) }`
const feeds = { x: { dtype: 'float32' as const, shape: [3], data: Float32Array.of(1, 2, 3) } }

test('equal outputs pass, at no tolerance at all', async () => {
  await expectSameOutputs(runtime, shift(0.5), shift(0.5), { feeds, atol: 0, rtol: 0 })
})

test('wrong outputs fail, naming the output and the element', async () => {
  await expect(
    expectSameOutputs(runtime, shift(0.5), shift(0.75), { feeds, atol: 0.1, rtol: 0 }),
  ).rejects.toThrow(/"y" differs at element 0/)
})

test('differences within the tolerance pass, beyond it they do not', () => {
  expect(differences(array(1.01), array(1), { atol: 0.02, rtol: 0 })).toEqual([])
  expect(differences(array(1.01), array(1), { atol: 0, rtol: 0.02 })).toEqual([])
  expect(differences(array(1.01), array(1), { atol: 0.001, rtol: 0.001 })).toHaveLength(1)
})

test('what is not a number is equal to itself only', () => {
  expect(differences(array(Number.NaN, Infinity), array(Number.NaN, Infinity), { atol: 0, rtol: 0 })).toEqual(
    [],
  )
  expect(differences(array(Number.NaN), array(1), { atol: 9, rtol: 9 })).toHaveLength(1)
  expect(differences(array(1), array(Infinity), { atol: 9, rtol: 9 })).toHaveLength(1)
})

test('without tolerance 0 and -0 differ: bits are compared', () => {
  expect(differences(array(0), array(-0), { atol: 0, rtol: 0 })).toHaveLength(1)
  expect(differences(array(0), array(-0), { atol: 1e-9, rtol: 0 })).toEqual([])
})

test('missing outputs, other shapes and other types are differences', () => {
  expect(differences({}, array(1), { atol: 1, rtol: 1 })[0]?.reason).toBe('is missing')
  expect(differences(array(1, 2), array(1), { atol: 1, rtol: 1 })[0]?.reason).toMatch(/shape/)
})
