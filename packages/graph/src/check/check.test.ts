import { describe, expect, test } from 'vitest'
import { DamsonError } from '../error.ts'
import { onnx } from '../text/template.ts'
import { assertValid, check } from './check.ts'

const found = (graph: ReturnType<typeof onnx>) =>
  check(graph).map(({ code, message }) => `${code}: ${message}`)

test('a valid model has no problems', () => {
  const graph = onnx`(float[2,4] x, bool c, float[4] b = {1, 2, 3, 4}) => (float[2,4] y) <int64[1] axes = {0}> {
    t = Add(x, b)
    u = com.microsoft.Gelu(t)
    y = If(c) <
      then_branch: graph = yes () => (float[2,4] r) { r = Relu(u) },
      else_branch: graph = no () => (float[2,4] s) { s = d.twice<k = 2>(u) }>
  }`
  const twice = onnx`<ir_version: 10, opset_import: ["": 21, "d": 1]> g (x) => (y) { y = Relu(x) }
    <domain: "d", opset_import: ["": 21]> twice <k> (x) => (y) { c = Constant<value_float: float = @k>() y = Mul(x, c) }`
  expect(found(graph.with({ header: { ...graph.header, functions: twice.header.functions } }))).toEqual([])
})

describe('names', () => {
  test.each([
    [
      onnx`(float[2] x) => (float[2] y) { [a] t = Relu(x) [b] t = Abs(x) y = Neg(t) }`,
      'duplicate-name: "t" is defined by a (Relu) and again by b (Abs). Rename one of them.',
    ],
    [
      onnx`(float[2] x) => (float[2] x) { x = Relu(x) }`,
      'duplicate-name: "x" is defined by graph input and again by x (Relu). Rename one of them.',
    ],
    [
      onnx`(float[2] x) => (float[2] y) { [n] y = Add(x, z) }`,
      'undefined-name: n (Add) uses "z", which no node, input or initializer defines. Add it, or rename the input.',
    ],
    [
      onnx`(float[2] x) => (float[2] y) { y = Relu(t) t = Abs(x) }`,
      'order: y (Relu) uses "t" before it is produced. Put its producer first; a Draft\'s finish() sorts.',
    ],
    [
      onnx`(float[2] x) => (float[2] z) { y = Relu(x) }`,
      'missing-output: Output "z" of the graph is not produced. Remove it, or add the node that makes it.',
    ],
    [
      onnx`(float[2] x) => (float[2] y, float[2] y) { y = Relu(x) }`,
      'duplicate-output: Output "y" of the graph is listed twice. Put an Identity before one of them.',
    ],
  ])('%#', (graph, expected) => {
    expect(found(graph)).toEqual([expected])
  })

  const branches = (then: string) => onnx`(float[2] x, bool c) => (float[2] y) {
    [if] y = If(c) <
      then_branch: graph = yes () => (float[2] ${then}) { r = Relu(x) },
      else_branch: graph = no () => (float[2] s) { s = Abs(late) }>
    late = Neg(y)
  }`

  test('nested bodies see what stands before their node, and no more', () => {
    expect(found(branches('r'))).toEqual([
      'order: s (Abs) in if/else_branch uses "late" before it is produced. Put its producer first; a Draft\'s finish() sorts.',
    ])
  })

  test('an output of a nested body is not taken from outside', () => {
    expect(found(branches('x'))[0]).toBe(
      'outer-output: Output "x" of if/then_branch comes from outside, which ONNX Runtime refuses. Put an Identity before it.',
    )
  })

  test('a name of an outer body defined again is a warning', () => {
    const graph = onnx`(float[2] x, bool c) => (float[2] y) {
      t = Neg(x)
      [if] y = If(c) <
        then_branch: graph = yes () => (float[2] t) { t = Relu(x) },
        else_branch: graph = no () => (float[2] s) { s = Abs(t) }>
    }`
    expect(check(graph).map(({ code, severity }) => [code, severity])).toEqual([['shadowed-name', 'warning']])
    expect(() => assertValid(graph)).not.toThrow()
  })
})

describe('operators', () => {
  test.each([
    [onnx`(float[2] x) => (float[2] y) { [n] y = Relu(x, x) }`, 'inputs: n (Relu) takes 1 input, but has 2.'],
    [
      onnx`(float[2] x) => (float[2] y) { [n] y, z = Relu(x) }`,
      'outputs: n (Relu) takes 1 output, but has 2.',
    ],
    [
      onnx`(float[2,2] x) => (float[2,2] y) { [n] y = MatMul("", x) }`,
      'missing-input: n (MatMul) needs input 0 ("A"), which is empty.',
    ],
    [
      onnx`(float[2] x) => (float[2] y) { [n] y = Softmax<axes = 1>(x) }`,
      'unknown-attribute: n (Softmax) has an attribute "axes"; the operator knows axis.',
    ],
    [
      onnx`(float[2] x) => (float[2] y) { [n] y = Softmax<axis = 1.0>(x) }`,
      'attribute-type: n (Softmax) has an attribute "axis" of type float; it has to be int.',
    ],
    [
      onnx`(float[2] x) => (int64[2] y) { [n] y = Cast(x) }`,
      'missing-attribute: n (Cast) lacks the attribute "to" (int).',
    ],
    [
      onnx`(float[2] x) => (y) { [n] y = Gellu(x) }`,
      'unknown-operator: n (Gellu) is no operator of ONNX. Check its name, or define it as a function of the model.',
    ],
    [
      onnx`<ir_version: 8, opset_import: ["": 18]> g (float[2] x) => (y) { [n] y = Gelu(x) }`,
      'unknown-operator: n (Gelu) exists from opset 20 on, but the model imports 18. Raise the opset.',
    ],
    [
      onnx`<ir_version: 8, opset_import: ["": 18]> g (float[2] x) => (y) { [n] y = com.microsoft.Gelu(x) }`,
      'missing-opset: n (com.microsoft.Gelu) needs domain "com.microsoft", which is not imported. Add it to the opsets.',
    ],
    [
      onnx`(float[2] x, double[2] w) => (y) { [n] y = Add(x, w) }`,
      'type: n (Add): input "w" is tensor(double), but input "x" is tensor(float), and they have to agree.',
    ],
    [
      onnx`(string[2] x) => (y) { [n] y = Not(x) }`,
      'type: n (Not): input "x" is tensor(string), but the operator takes tensor(bool) there. Cast it.',
    ],
  ])('%#', (graph, expected) => {
    expect(found(graph)).toEqual([expected])
  })

  test('operators of domains without schemas are left alone', () => {
    expect(found(onnx`(float[2] x) => (y) { y = my.domain.Op<a = 1>(x, x, x) }`)).toEqual([])
  })

  test('a branch has to have as many outputs as its If', () => {
    const graph = onnx`(float[2] x, bool c) => (float[2] y) {
      [if] y = If(c) <
        then_branch: graph = yes () => (float[2] r, float[2] q) { r = Relu(x) q = Neg(x) },
        else_branch: graph = no () => (float[2] s) { s = Abs(x) }>
    }`
    expect(found(graph)).toEqual([
      'nested-graph: if (If): then_branch has 2 outputs; with this node it needs 1.',
    ])
  })
})

test('an initializer has to be what its input is declared', () => {
  const graph = onnx`(float[2] x, int64[3] w) => (float[2] y) <int64[2] w = {1, 2}> { y = Relu(x) }`
  expect(found(graph)).toEqual([
    'initializer-type: Initializer "w" is int64[2], but the input of that name is declared int64[3]. Change the declaration.',
  ])
})

describe('functions', () => {
  test('recursion, unknown references, wrong names', () => {
    const graph = onnx`<ir_version: 10, opset_import: ["": 21, "d": 1]> g (float[2] x) => (float[2] y) { y = d.f(x) }
      <domain: "d", opset_import: ["": 21, "d": 1]> f (x) => (y) { [n] y = d.h(x) }
      <domain: "d", opset_import: ["": 21, "d": 1]> h (x) => (y) { t = Softmax<axis: int = @k>(x) [m] y = d.f(w) }`
    expect(found(graph)).toEqual([
      'undefined-name: m (d.f) in d.h uses "w", which no node, input or initializer defines. Add it, or rename the input.',
      'attribute-reference: t (Softmax) in d.h: attribute "axis" refers to "k", which the function does not declare.',
      'recursion: Function d.f calls itself: d.f → d.h → d.f. ONNX has no recursion; use a Loop.',
    ])
  })

  test('references outside of functions, functions in old files, wrong calls', () => {
    const graph = onnx`<ir_version: 7, opset_import: ["": 21, "d": 1]> g (float[2] x) => (float[2] y) {
        [n] t = Softmax<axis: int = @k>(x)  [m] y = d.f<b = 1>(t, t) }
      <domain: "d", opset_import: ["": 21]> f <a> (x) => (y) { y = Relu(x) }`
    expect(found(graph)).toEqual([
      'inputs: m (d.f) takes at most 1 inputs, but has 2.',
      'missing-attribute: m (d.f) lacks the attribute "a" of the function.',
      'unknown-attribute: m (d.f) has an attribute "b", which the function does not declare.',
      'attribute-reference: n (Softmax): attribute "axis" refers to a function\'s attribute, but is in no function. Give it a value.',
      'ir-version: Functions need IR version 8, but the model has 7. Raise header.irVersion.',
    ])
  })
})

test('assertValid throws one error that lists them', () => {
  const graph = onnx`(float[2] x) => (float[2] y) { [n] y = Relu(z, x) }`
  try {
    assertValid(graph)
    expect.unreachable()
  } catch (error) {
    expect(DamsonError.isInstance(error, 'invalid-graph')).toBe(true)
    expect(String(error)).toBe(
      'DamsonError: Expected a valid model, but 2 things are wrong:\n' +
        '- n (Relu) uses "z", which no node, input or initializer defines. Add it, or rename the input.\n' +
        '- n (Relu) takes 1 input, but has 2.',
    )
  }
})
