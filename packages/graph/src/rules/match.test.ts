import { describe, expect, test } from 'vitest'
import { refuse } from '../error.ts'
import type { Graph } from '../ir.ts'
import { intOf } from '../ops/attributes.ts'
import { ms } from '../ops/microsoft-operators.generated.ts'
import { op } from '../ops/onnx-operators.generated.ts'
import { anyOf, constant } from '../ops/term.ts'
import { print } from '../text/print.ts'
import { onnx } from '../text/template.ts'
import { nearMisses } from './explain.ts'
import { rewrite } from './rewrite.ts'
import { rule, type Rule } from './rule.ts'

const after = (graph: Graph, ...rules: readonly Rule[]): readonly string[] =>
  rewrite(graph, rules).graph.nodes.map(node => print(node))
const reason = (graph: Graph, of: Rule): string | undefined => nearMisses(graph, of)[0]?.reason

describe('commutative operators', () => {
  const swish = rule('swish', ['x'], {
    match: ({ x }) => op.Mul(x, op.Sigmoid(x)),
    build: ({ x }) => op.Relu(x),
  })
  const nested = rule('nested', ['a', 'b', 'c'], {
    match: ({ a, b, c }) => op.Add(op.Mul(op.Relu(a), b), op.Exp(c)),
    build: ({ a, b, c }) => op.Sum(a, b, c),
  })

  test.each(['Mul(x, s)', 'Mul(s, x)'])('match either way: %s', product => {
    const graph = onnx`a (float[2] x) => (float[2] y) { s = Sigmoid(x) y = ${product.slice(0, 3)}(${product.slice(4, 5)}, ${product.slice(7, 8)}) }`
    expect(after(graph, swish)).toEqual(['y = Relu(x)'])
  })

  test.each([
    ['m', 'e', 'r', 'b'],
    ['e', 'm', 'r', 'b'],
    ['m', 'e', 'b', 'r'],
    ['e', 'm', 'b', 'r'],
  ])('nested, in any order: Add(%s, %s), Mul(%s, %s)', (first, second, third, fourth) => {
    const graph = onnx`a (float[2] a, float[2] b, float[2] c) => (float[2] y) {
      r = Relu(a) m = Mul(${third}, ${fourth}) e = Exp(c) y = Add(${first}, ${second}) }`
    expect(after(graph, nested)).toEqual(['y = Sum(a, b, c)'])
  })

  test('others match only as written', () => {
    const sub = rule('sub', ['x', 'z'], {
      match: ({ x, z }) => op.Sub(x, op.Relu(z)),
      build: ({ x, z }) => op.Add(x, z),
    })
    expect(
      after(onnx`a (float[2] x, float[2] z) => (float[2] y) { r = Relu(z) y = Sub(x, r) }`, sub),
    ).toEqual(['y = Add(x, z)'])
    expect(reason(onnx`a (float[2] x, float[2] z) => (float[2] y) { r = Relu(z) y = Sub(r, x) }`, sub)).toBe(
      'expected Relu, nothing in this body makes it',
    )
  })

  test('the check takes part in the choice of the order', () => {
    const bias = rule('bias', ['x', 'bias'], {
      match: ({ x, bias }) => ms.Gelu(op.Add(x, bias)),
      check: ({ bias }) => bias.shape?.length === 1 || refuse('bias is not 1-D', bias),
      build: ({ x, bias }) => ms.BiasGelu(x, bias),
    })
    const graph = onnx`<opset_import: ["": 13, "com.microsoft": 1]>
      a (float[2,4] x, float[4] b) => (float[2,4] y) { t = Add(b, x) y = com.microsoft.Gelu(t) }`
    expect(after(graph, bias)).toEqual(['y = com.microsoft.BiasGelu(x, b)'])
    const flat = onnx`<opset_import: ["": 13, "com.microsoft": 1]>
      a (float[2,4] x, float[2,4] b) => (float[2,4] y) { t = Add(b, x) y = com.microsoft.Gelu(t) }`
    expect(reason(flat, bias)).toBe('bias is not 1-D')
  })
})

describe('variables', () => {
  test('one used twice must be the same value, or an equal constant', () => {
    const square = rule('square', ['x'], { match: ({ x }) => op.Mul(x, x), build: ({ x }) => op.Abs(x) })
    expect(after(onnx`a (float[2] x) => (float[2] y) { y = Mul(x, x) }`, square)).toEqual(['y = Abs(x)'])
    const two = onnx`a (float[2] x, float[2] z) => (float[2] y) { y = Mul(x, z) }`
    expect(after(two, square)).toEqual(['y = Mul(x, z)'])
    const equal = onnx`a () => (float[2] y) <float[2] c = {1, 2}, float[2] d = {1, 2}> { y = Mul(c, d) }`
    expect(after(equal, square)).toEqual(['y = Abs(c)'])
  })

  test('an optional one is absent or there', () => {
    const conv = rule('conv', ['x', 'w', 'b?'], {
      match: ({ x, w, b }) => op.Relu(op.Conv(x, w, b)),
      build: ({ x, w, b }) => op.Conv(x, w, b, { group: b ? 2 : 1 }),
    })
    const [x, w] = [
      [1, 2, 4, 4],
      [2, 1, 1, 1],
    ]
    expect(
      after(onnx`a (float${x} x, float${w} w) => (float y) { c = Conv<group = 2>(x, w) y = Relu(c) }`, conv),
    ).toEqual(['y = Conv<group = 1>(x, w)'])
    expect(
      after(
        onnx`a (float${x} x, float${w} w, float[2] b) => (float y) { c = Conv(x, w, b) y = Relu(c) }`,
        conv,
      ),
    ).toEqual(['y = Conv<group = 2>(x, w, b)'])
  })

  test('inputs that the pattern does not write must be absent', () => {
    const bare = rule('bare', ['x', 'w'], {
      match: ({ x, w }) => op.Conv(x, w),
      build: ({ x }) => op.Relu(x),
    })
    const graph = onnx`a (float x, float w, float b) => (float y) { y = Conv(x, w, b) }`
    expect(reason(graph, bare)).toBe('expected 2 inputs, got 3')
    const inner = rule('inner', ['x', 'max'], {
      match: ({ x, max }) => op.Clip(x, undefined, max),
      build: ({ x, max }) => op.Min(x, max),
    })
    expect(after(onnx`a (float x, float m) => (float y) { y = Clip(x, , m) }`, inner)).toEqual([
      'y = Min(x, m)',
    ])
    expect(reason(onnx`a (float x, float m) => (float y) { y = Clip(x, m, m) }`, inner)).toBe(
      'expected no input here',
    )
  })

  test('a rest takes the inputs that are left', () => {
    const flat = rule('flat', ['...first', 'x', '...rest'], {
      match: ({ x, rest, first }) => op.Concat(op.Concat(...first, { axis: 1 }), x, ...rest, { axis: 1 }),
      build: ({ x, rest, first }) => op.Concat(...first, x, ...rest, { axis: 1 }),
    })
    const graph = onnx`a (float[1,1] p, float[1,1] q, float[1,1] r, float[1,1] s) => (float[1,4] y) {
      t = Concat<axis = 1>(p, q) y = Concat<axis = 1>(t, r, s) }`
    expect(after(graph, flat)).toEqual(['y = Concat<axis = 1>(p, q, r, s)'])
  })

  test('a rest of a commutative operator takes what no other input matched', () => {
    const sum = rule('sum', ['x', '...rest'], {
      match: ({ x, rest }) => op.Sum(op.Relu(x), ...rest),
      build: ({ x, rest }) => op.Max(x, ...rest),
    })
    const graph = onnx`a (float[1] p, float[1] q, float[1] r) => (float[1] y) { t = Relu(q) y = Sum(p, t, r) }`
    expect(after(graph, sum)).toEqual(['y = Max(q, p, r)'])
  })
})

describe('constants', () => {
  const one = rule('one', ['x'], { match: ({ x }) => op.Mul(x, 1), build: ({ x }) => x })
  const root = rule('root', ['x'], { match: ({ x }) => op.Div(x, Math.SQRT2), build: ({ x }) => op.Relu(x) })

  test('a number is a scalar constant of any type, in a Constant node too', () => {
    expect(
      after(onnx`a (float[2] x) => (float[2] z) <float c = {1}> { y = Mul(c, x) z = Relu(y) }`, one),
    ).toEqual(['z = Relu(x)'])
    const node = onnx`a (float16[2] x) => (float16[2] z) { c = Constant<value = float16 {1.0}>() y = Mul(x, c) z = Relu(y) }`
    expect(after(node, one)).toEqual(['z = Relu(x)'])
  })

  test('a number that the type holds must be equal, another within its rounding', () => {
    const close = onnx`a (float[2] x) => (float[2] z) <float c = {1.0000002}> { y = Mul(x, c) z = Relu(y) }`
    expect(reason(close, one)).toMatch(/^expected the constant 1, got \[1\.0000002/)
    expect(
      after(onnx`a (float[2] x) => (float[2] y) <float c = {1.4142135}> { y = Div(x, c) }`, root),
    ).toEqual(['y = Relu(x)'])
    expect(
      after(onnx`a (float16[2] x) => (float16[2] y) <float16 c = {1.4140625}> { y = Div(x, c) }`, root),
    ).toEqual(['y = Relu(x)'])
    expect(
      after(onnx`a (float[2] x) => (float[2] y) <float c = {1.414}> { y = Div(x, c) }`, root),
    ).toHaveLength(1)
    expect(reason(onnx`a (float[2] x) => (float[2] y) <float c = {1.414}> { y = Div(x, c) }`, root)).toMatch(
      /got \[1\.41/,
    )
  })

  test('a constant of rank 1 counts as a scalar only where it cannot raise the rank', () => {
    expect(
      after(onnx`a (float[2] x) => (float[2] z) <float[1] c = {1}> { y = Mul(x, c) z = Relu(y) }`, one),
    ).toEqual(['z = Relu(x)'])
    const raises = onnx`a (float[2] x) => (float[1,2] z) <float[1,1] c = {1}> { y = Mul(x, c) z = Relu(y) }`
    expect(reason(raises, one)).toBe("its rank 2 may raise the result's")
  })

  test('a list is a 1-D constant', () => {
    const squeeze = rule('squeeze', ['x'], {
      match: ({ x }) => op.Squeeze(x, [0, 2]),
      build: ({ x }) => op.Reshape(x, [-1]),
    })
    const graph = onnx`<opset_import: ["": 13]> a (float[1,5,1] x) => (float[5] y) <int64[2] axes = {0, 2}> { y = Squeeze(x, axes) }`
    const next = rewrite(graph, [squeeze]).graph
    expect(next.nodes.map(node => print(node))).toEqual(['y = Reshape(x, constant)'])
    expect(next.initializers.get('constant')?.tensor).toMatchObject({ dtype: 'int64', shape: [1] })
    expect(next.initializers.has('axes')).toBe(false)
  })

  test('constant(w) matches only a constant', () => {
    const fold = rule('fold', ['x', 'w'], {
      match: ({ x, w }) => op.MatMul(x, constant(w)),
      build: ({ x, w }) => op.Gemm(x, w),
    })
    const fixed = onnx`a (float[1,1] x) => (float[1,1] y) <float[1,1] w = {3}> { y = MatMul(x, w) }`
    expect(after(fixed, fold)).toEqual(['y = Gemm(x, w)'])
    const free = onnx`a (float[1,1] x, float[1,1] w) => (float[1,1] y) { y = MatMul(x, w) }`
    expect(reason(free, fold)).toBe('expected a constant')
  })
})

describe('attributes and outputs', () => {
  test('written attributes must agree, the default counts, others are free', () => {
    const gather = rule('gather', ['x', 'i'], {
      match: ({ x, i }) => op.Gather(x, i, { axis: 0 }),
      build: ({ x }) => op.Relu(x),
    })
    expect(after(onnx`a (float[2] x, int64[1] i) => (float y) { y = Gather(x, i) }`, gather)).toEqual([
      'y = Relu(x)',
    ])
    const other = onnx`a (float[2,2] x, int64[1] i) => (float y) { y = Gather<axis = 1>(x, i) }`
    expect(reason(other, gather)).toBe('attribute axis differs')
  })

  test('as() binds an inner output, whose node has the attributes', () => {
    const twice = rule('twice', ['x', 'leaky'], {
      match: ({ x, leaky }) => op.Relu(op.Softmax(x).as(leaky)),
      check: ({ leaky }) => intOf(leaky, 'axis', -1) === 1 || refuse('axis is not 1', leaky),
      build: ({ x, leaky }) => op.Softmax(x, leaky.producer?.attributes ?? {}),
    })
    expect(
      after(
        onnx`<opset_import: ["": 13]> a (float[2,3] x) => (float[2,3] y) { s = Softmax<axis = 1>(x) y = Relu(s) }`,
        twice,
      ),
    ).toEqual(['y = Softmax<axis = 1>(x)'])
    const last = onnx`<opset_import: ["": 13]> a (float[2,3] x) => (float[2,3] y) { s = Softmax(x) y = Relu(s) }`
    expect(nearMisses(last, twice)[0]).toMatchObject({ reason: 'axis is not 1', at: 's', node: 'y' })
  })

  test('alternatives are tried in order, inside and as a whole', () => {
    const inside = rule('inside', ['x'], {
      match: ({ x }) => op.Relu(anyOf(op.Abs(x), op.Neg(x))),
      build: ({ x }) => op.Exp(x),
    })
    expect(after(onnx`a (float x) => (float y) { t = Neg(x) y = Relu(t) }`, inside)).toEqual(['y = Exp(x)'])
    const whole = rule('whole', ['x'], {
      match: ({ x }) => anyOf(op.Relu(op.Relu(x)), op.Abs(op.Abs(x))),
      build: ({ x }) => op.Exp(x),
    })
    expect(after(onnx`a (float x) => (float y) { t = Abs(x) y = Abs(t) }`, whole)).toEqual(['y = Exp(x)'])
    expect(after(onnx`a (float x) => (float y) { t = Relu(x) y = Relu(t) }`, whole)).toEqual(['y = Exp(x)'])
  })

  test('several outputs of one node', () => {
    const split = rule('split', ['x', 'sizes'], {
      match: ({ x, sizes }) => op.Split(x, sizes, { axis: 0 }).outputs(2),
      build: ({ x }) => [op.Relu(x), op.Abs(x)],
    })
    const graph = onnx`<opset_import: ["": 13]> a (float[2] x, int64[2] n) => (float[1] y, float[1] z) { y, z = Split(x, n) }`
    expect(after(graph, split)).toEqual(['y = Relu(x)', '[Abs] z = Abs(x)'])
  })

  test('several nodes that share a value, replaced together', () => {
    const pair = rule('pair', ['x', 'a', 'b'], {
      match: ({ x, a, b }) => [op.MatMul(x, constant(a)), op.MatMul(x, constant(b))],
      build: ({ x, a, b }) =>
        op.Split(op.MatMul(x, op.Concat(a, b, { axis: 1 })), [1, 1], { axis: 1 }).outputs(2),
    })
    const graph = onnx`<opset_import: ["": 13]> a (float[1,1] x) => (float[1,1] y, float[1,1] z)
      <float[1,1] v = {1}, float[1,1] w = {2}> { y = MatMul(x, v) z = MatMul(x, w) }`
    expect(after(graph, pair)).toEqual([
      '[Concat] Concat_output = Concat<axis = 1>(v, w)',
      '[MatMul] MatMul_output = MatMul(x, Concat_output)',
      'y, z = Split<axis = 1>(MatMul_output, constant)',
    ])
    const chained = onnx`a (float[1,1] x) => (float[1,1] z)
      <float[1,1] v = {1}, float[1,1] w = {2}> { y = MatMul(x, v) z = MatMul(y, w) }`
    expect(after(chained, pair)).toHaveLength(2)
  })

  test('several nodes are not merged when one needs the other', () => {
    const both = rule('both', ['x', 'a', 'b'], {
      match: ({ x, a, b }) => [op.Add(x, a), op.Sub(x, b)],
      build: ({ x, a, b }) => op.Split(op.Sum(x, a, b), undefined, { axis: 0 }).outputs(2),
    })
    const graph = onnx`<opset_import: ["": 13]> a (float[2] x, float[2] a) => (float[2] z) { y = Add(x, a) t = Relu(y) z = Sub(x, t) }`
    expect(reason(graph, both)).toBe('one of the values depends on another output of the match')
  })
})
