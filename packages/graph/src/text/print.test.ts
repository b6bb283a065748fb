import { describe, expect, test } from 'vitest'
import { memoryTensor } from '../tensors/memory-tensor.ts'
import { parse } from './parse.ts'
import { print, tensorsOf } from './print.ts'
import { onnx } from './template.ts'

test('a model, as a picture', () => {
  const graph = onnx`
    <ir_version: 8, opset_import: ["": 18, "com.microsoft": 1], producer_name: "damson">
    small (float["2*s",N,?] "/x/in", bool c) => (float[] y)
    <float[2] w = {1, -0.5}, float16 h = {15360}, string[1] s = {"a\"b"}, float[] t>
    {
      [first] t = Conv<group = 1, kernel_shape = [3, 3], auto_pad = "VALID", alpha = 2.0>("/x/in", w)
      ["/node/2"] y, "" = If(c) <then_branch: graph = yes () => (float r) { r = Identity(t) }>
    }
    <domain: "d", opset_import: ["": 18]>
    f <a, b = 3> (x) => (y) { y = Foo<c: int = @a>(x) }`
  expect(print(graph)).toMatchInlineSnapshot(`
    "<
      ir_version: 8,
      opset_import: ["": 18, "com.microsoft": 1],
      producer_name: "damson"
    >
    small (float["2*s",N,?] "/x/in", bool c) => (float[] y)
    <
      float[2] w = {1, -0.5},
      float16 h = {15360},
      string[1] s = {"a\\"b"},
      float[] t
    > {
      [first] t = Conv<group = 1, kernel_shape = [3, 3], auto_pad = "VALID", alpha = 2.0>("/x/in", w)
      ["/node/2"] y, "" = If(c) <then_branch: graph = yes () => (float r) {
        r = Identity(t)
      }>
    }
    <domain: "d", opset_import: ["": 18]>
    f <a, b = 3> (x) => (y) {
      y = Foo<c: int = @a>(x)
    }
    "
  `)
})

describe('what stands in quotes', () => {
  test('names that are no identifiers, or could be taken for a type or a number', () => {
    const text = '"" ("/a/b", "float", "nan", _ok1, "1st") => ("x y") {\n}\n'
    expect(print(parse(text), { header: false })).toBe(text)
  })

  test('operators, domains and attributes only where they have to be', () => {
    const text = 'y = "pkg.a-b"."my op"<"a b" = 1>(x)'
    const [node] = parse(`(x) => (y) { ${text} }`).nodes
    expect(node && print(node)).toBe(text)
  })
})

describe('tensors', () => {
  const large = onnx`(x) => (y) <int64[17] w = ${tensor()}> { y = F(x) }`
  function tensor() {
    const values = Array.from({ length: 17 }, (_, at) => at).join(',')
    const made = parse(`(x) => (y) <int64[17] w = {${values}}> { y = F(x) }`).tensor('w')
    if (!made) throw new Error('no tensor')
    return made
  }

  test('of more than 16 elements are left out unless asked for', () => {
    const key = large.tensor('w')?.key
    expect(print(large)).toContain(`int64[17] w = ["key": "${key}"]`)
    expect(print(large, { tensors: 'all' })).toContain('int64[17] w = {0, 1, 2, 3, 4, 5, 6, 7, 8,')
    expect(tensorsOf(large).get(key ?? '')).toBe(large.tensor('w'))
  })

  test('floats are as short as they can be', () => {
    const text = 'float[8] w = {0.1, 1e-45, 3.4028235e+38, 16777216, -0, nan, -nan, 0.3333333432674408}'
    const graph = parse(`(x) => (y) <${text}> { y = F(x) }`)
    expect(print(graph)).toContain('{0.1, 1e-45, 3.4028235e+38, 16777216, -0, nan, -nan, 0.33333334}')
  })

  test('a NaN with a payload cannot be said, so it goes by key', () => {
    const graph = onnx`(x) => (y) <int32[1] w = {2143289345}> { y = F(x) }`
    const data = graph.tensor('w')?.data
    const tensor = memoryTensor('float32', [1], data ?? new Uint8Array())
    const float = onnx`(x) => (y) <float[1] w = ${tensor}> { y = F(x) }`
    expect(print(float)).toContain(`float[1] w = ["key": "${tensor.key}"]`)
  })
})

test('without header and types', () => {
  const graph = onnx`(float[2] x) => (float[2] y) <float[2] t> { t = Abs(x) y = Relu(t) }`
  expect(print(graph, { header: false, types: false })).toBe(
    'graph (float[2] x) => (float[2] y) {\n  t = Abs(x)\n  y = Relu(t)\n}\n',
  )
})

test('notes are comments that come back', () => {
  const [node] = onnx`(x) => (y) {
    #: {"doc": "why", "metadata": [["pkg.torch", "a.b"]], "origins": ["p", "q"]}
    y = Relu(x)
  }`.nodes
  expect(node).toMatchObject({ doc: 'why', metadata: new Map([['pkg.torch', 'a.b']]), origins: ['p', 'q'] })
  expect(node && print(node)).toBe('y = Relu(x)')
  expect(node && print(node, { notes: true })).toBe(
    '#: {"doc":"why","metadata":[["pkg.torch","a.b"]],"origins":["p","q"]}\ny = Relu(x)',
  )
})
