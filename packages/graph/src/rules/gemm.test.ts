import { expect, test } from 'vitest'
import { expectSameOutputs } from '../../test/same-outputs.ts'
import { print } from '../text/print.ts'
import { parse } from '../text/parse.ts'
import { onnx } from '../text/template.ts'
import { nearMisses } from './explain.ts'
import { gemmToMatMul, matMulAddToGemm } from './gemm.ts'
import { rewrite } from './rewrite.ts'

// Sums of a few float32 products in another order.
const tolerance = { atol: 1e-6, rtol: 1e-6 }

test.each([
  ['[4]', 'Add(c, m)'],
  ['[1,4]', 'Add(m, c)'],
  ['[2,1]', 'Add(m, c)'],
  ['[2,4]', 'Add(m, c)'],
  ['', 'Add(m, c)'],
])('matmul-add-to-gemm: C%s', async (shape, sum) => {
  const graph = parse(`<ir_version: 8, opset_import: ["": 13]>
    a (float[2,3] a, float[3,4] b, float${shape} c) => (float[2,4] y) { m = MatMul(a, b) y = ${sum} }`)
  const { graph: next } = rewrite(graph, [matMulAddToGemm])
  expect(next.nodes.map(node => print(node))).toEqual(['y = Gemm(a, b, c)'])
  await expectSameOutputs(graph, next, tolerance)
})

test('matmul-add-to-gemm leaves stacks of matrices, integers and what broadcasts', () => {
  const reason = (graph: Parameters<typeof rewrite>[0]): string | undefined => {
    expect(rewrite(graph, [matMulAddToGemm]).graph).toBe(graph)
    return nearMisses(graph, matMulAddToGemm)[0]?.reason
  }
  expect(
    reason(
      onnx`a (float[5,2,3] a, float[3,4] b, float[4] c) => (float y) { m = MatMul(a, b) y = Add(m, c) }`,
    ),
  ).toBe('is not a matrix, or of unknown rank')
  expect(
    reason(onnx`a (int32[2,3] a, int32[3,4] b, int32[4] c) => (int32 y) { m = MatMul(a, b) y = Add(m, c) }`),
  ).toBe('is not of floats, or of unknown type')
  expect(
    reason(
      onnx`a (float[1,3] a, float[3,4] b, float[2,4] c) => (float y) { m = MatMul(a, b) y = Add(m, c) }`,
    ),
  ).toBe('may change the shape of the product')
})

test.each([
  ['', '', 2],
  ['alpha = 0.5', 'c', 3],
  ['beta = 2.0', 'c', 3],
  ['beta = 0.0', 'c', 1],
  ['transA = 1, transB = 1, alpha = 2.0, beta = 0.5', 'c', 6],
])('gemm-to-matmul: <%s> %s', async (attributes, bias, nodes) => {
  const transposed = attributes.includes('trans')
  const text = `<ir_version: 8, opset_import: ["": 13]>
    a (float[${transposed ? '3,2' : '2,3'}] a, float[${transposed ? '4,3' : '3,4'}] b, float[4] c) => (float[2,4] y) {
      y = Gemm<${attributes}>(a, b${bias === '' ? '' : ', c'}) }`
  const graph = parse(attributes === '' ? text.replace('<>', '') : text)
  const { graph: next } = rewrite(graph, [gemmToMatMul])
  expect(next.nodes.filter(node => node.op === 'Gemm')).toEqual([])
  expect(next.nodes).toHaveLength(bias === '' ? 1 : nodes)
  await expectSameOutputs(graph, next, tolerance)
})

test('both together never come to an end, and say so', () => {
  const graph = onnx`<opset_import: ["": 13]> a (float[2,3] a, float[3,4] b, float[4] c) => (float[2,4] y) { y = Gemm(a, b, c) }`
  expect(() => rewrite(graph, [gemmToMatMul, matMulAddToGemm], { bound: 50 })).toThrow(
    /(gemm-to-matmul|matmul-add-to-gemm), (gemm-to-matmul|matmul-add-to-gemm) still match/,
  )
})
