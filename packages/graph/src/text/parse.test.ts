import { describe, expect, test } from 'vitest'
import { DamsonError } from '../error.ts'
import { numbers } from '../tensors/elements.ts'
import type { DataType } from '../dtype.ts'
import { parse } from './parse.ts'

const header = '<ir_version: 10, opset_import: ["": 21]>'

describe('models', () => {
  test('the example of the official documentation', () => {
    const graph = parse(`
      <
        ir_version: 7,
        opset_import: [ "" : 10 ]
      >
      agraph (float[N, 128] X, float[128, 10] W, float[10] B) => (float[N, 10] C)
      {
          T = MatMul(X, W)   # a comment
          S = Add(T, B)
          C = Softmax(S)
      }`)
    expect(graph.header.irVersion).toBe(7)
    expect(graph.opset()).toBe(10)
    expect(graph.name).toBe('agraph')
    expect(graph.inputs[0]?.type).toEqual({ kind: 'tensor', dtype: 'float32', shape: ['N', 128] })
    expect(graph.nodes.map(node => node.op)).toEqual(['MatMul', 'Add', 'Softmax'])
    expect(graph.nodes[1]?.origins).toEqual(['S'])
  })

  test('without header: usual versions, and every domain in use', () => {
    const graph = parse('(float[2] x) => (y) { y = com.microsoft.Gelu(x) }')
    expect([...graph.header.opsets]).toEqual([['', 21], ['com.microsoft', 1]]) // prettier-ignore
    expect(graph.outputs).toEqual([{ name: 'y' }])
  })

  test('an input may have a default, which is an initializer too', () => {
    const graph = parse(`${header} g (float[2] x = {1, 2}) => (float[2] y) { y = Relu(x) }`)
    expect(graph.isInput('x')).toBe(true)
    expect(graph.initializers.get('x')?.origins).toEqual(['x'])
    expect(graph.requiredInputs()).toEqual([])
  })

  test('functions, with attributes that need a value and such that have one', () => {
    const graph = parse(`${header} g (x) => (y) { y = d.f<a = 1>(x) }
      <domain: "d", opset_import: ["": 21], overload: "o", doc_string: "text">
      f <a, b: float = 3> (float[2] x, z) => (y) <float[2] t> { y = Foo<c: int = @a>(x) }`)
    const [fn] = graph.header.functions
    expect(fn).toMatchObject({ name: 'f', domain: 'd', overload: 'o', inputs: ['x', 'z'], attributes: ['a'] })
    expect(fn?.defaults.get('b')).toEqual({ type: 'float', value: 3 })
    expect([...(fn?.types.keys() ?? [])]).toEqual(['x', 't'])
    expect(fn?.nodes[0]?.attributes.get('c')).toEqual({ type: 'reference', of: 'int', value: 'a' })
  })

  test('absent inputs and outputs in every spelling that the official parser takes', () => {
    const graph = parse(`(x) => (y) { a, "" = F(, x)  b = F("")  c = F(,)  d = F(x,)  = F() }`)
    expect(graph.nodes.map(node => node.inputs)).toEqual([['', 'x'], [''], [''], ['x'], []])
    expect(graph.nodes.map(node => node.outputs)).toEqual([['a', ''], ['b'], ['c'], ['d'], []])
  })

  test('ai.onnx is the ONNX domain', () => {
    const graph = parse('<ir_version: 8, opset_import: ["ai.onnx": 18]> g (x) => (y) { y = ai.onnx.Relu(x) }')
    expect(graph.opset()).toBe(18)
    expect(graph.nodes[0]?.domain).toBe('')
  })
})

describe('tensors', () => {
  const cases: readonly (readonly [DataType, string, readonly number[]])[] = [
    ['float32', 'float[4] w = {1, -0.5, 1e-3, inf}', [1, -0.5, Math.fround(1e-3), Infinity]],
    ['float64', 'double[2] w = {0.1, -inf}', [0.1, -Infinity]],
    ['float16', 'float16[2] w = {15360, -2.5}', [1, -2.5]],
    ['bfloat16', 'bfloat16[2] w = {16256, 0.5}', [1, 0.5]],
    ['float8e4m3fn', 'float8e4m3fn[2] w = {56, 1.5}', [1, 1.5]],
    ['int4', 'int4[3] w = {1, -2, 3}', [1, -2, 3]],
    ['int4', 'int4[3] w = {225, 3}', [1, -2, 3]],
    ['uint4', 'uint4 w = {9}', [9]],
    ['float4e2m1', 'float4e2m1[2] w = {1.5, -6.0}', [1.5, -6]],
    ['bool', 'bool[2] w = {1, 0}', [1, 0]],
    ['int64', 'int64 w = {-9007199254740991}', [-9007199254740991]],
    ['complex64', 'complex64[1] w = {1.5, -2}', [1.5, -2]],
    ['float32', 'float[0] w = {}', []],
  ]
  test.each(cases)('%s: %s', (dtype, text, values) => {
    const tensor = parse(`(x) => (y) <${text}> { y = F(x) }`).tensor('w')
    expect(tensor?.dtype).toBe(dtype)
    expect(tensor && numbers(tensor)).toEqual(values)
  })

  test('64-bit integers keep every digit', () => {
    const tensor = parse('(x) => (y) <uint64[1] w = {18446744073709551615}> { y = F(x) }').tensor('w')
    expect(tensor?.data).toEqual(new Uint8Array(8).fill(255))
  })

  test('a tensor named by key keeps key, type and shape, and says why it has no bytes', async () => {
    const tensor = parse('(x) => (y) <float[2,3] w = ["key": "k"]> { y = F(x) }').tensor('w')
    expect(tensor).toMatchObject({ dtype: 'float32', shape: [2, 3], key: 'k', byteLength: 24 })
    await expect(tensor?.read()).rejects.toThrow('The bytes of tensor "k" are not in the text.')
  })
})

test('external data, as the official syntax has it, is a tensor whose bytes are elsewhere', () => {
  const text = '(x) => (y) <float[2] w = ["location": "a.bin", "offset": "16"]> { y = F(x) }'
  expect(parse(text).tensor('w')).toMatchObject({ shape: [2], key: 'location=a.bin&offset=16' })
})

describe('errors name line, column, what was expected and what came', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['(x) => (y) {\n  y = Add(x,, }', 'line 2, column 15: expected an input of a node, but "}" came.'],
    ['(flot x) => (y) {}', 'line 1, column 7: expected ")" or "," behind an input, but "x) => (y) {}" came.'],
    [
      '(x) (y) {}',
      'line 1, column 5: expected "=>" between inputs and outputs of a graph, but "(y) {}" came.',
    ],
    [
      '(x) => (y) <float[2] w = {1}> {}',
      'expected 2 numbers for float32[2] before this, not 1, but "1}> {}" came.',
    ],
    [
      '(x) => (y) <float[N] w = {1}> {}',
      'expected content only behind a type whose dimensions are all numbers',
    ],
    [
      '(x) => (y) <int8[1] w = {128}> {}',
      'expected a number from -128 to 127, as the type is int8, but "128}> {}" came',
    ],
    ['(x) => (y) <int8[1] w = {1.5}> {}', 'expected an integer, as the type is int8, but "1.5}> {}" came'],
    ['(x) => (y) { y = F<a = []>(x) }', 'expected a type for an empty list, as in "axes: ints = []"'],
    ['(x) => (y) { y = F<a = [1, 2.5]>(x) }', 'expected values of one type'],
    ['(x) => (y) { y = F<a: int = "s">(x) }', 'expected a value of type int, but "\\"s\\">(x) }" came'],
    ['(x) => (y) { y = F<a: number = 1>(x) }', 'expected the type of an attribute (float, floats, int,'],
    [
      '(x) => (y) { y = F<a = @b>(x) }',
      'expected the type of a referenced attribute, as in "axis: int = @axis"',
    ],
    ['(x) => (y) { y = F<s = "open>(x) }', 'expected a closing quote'],
    ['(x) => (y) { y = F(x)', 'expected an output of a node, or "}", but the end of the text came.'],
    ['<ir: 3> g (x) => (y) {}', 'expected one of ir_version, opset_import'],
    [
      '(x) => (y) {\n #: {oops}\n y = F(x) }',
      'line 3, column 2: expected a JSON object in the note before this',
    ],
  ]
  test.each(cases)('%s', (text, message) => {
    expect(() => parse(text)).toThrow(message)
  })

  test('as data', () => {
    try {
      parse('(x) => (y) {\n  y = Add(x,, }')
      expect.unreachable()
    } catch (error) {
      expect(DamsonError.isInstance(error, 'text') && error.details).toEqual({ line: 2, column: 15 })
    }
  })
})
