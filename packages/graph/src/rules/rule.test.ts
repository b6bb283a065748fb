import { expect, test } from 'vitest'
import { op } from '../ops/onnx-operators.generated.ts'
import { printTerm } from '../ops/print-term.ts'
import { anyOf, call, constant, Variable } from '../ops/term.ts'
import type { Value } from '../scope.ts'
import { onnx } from '../text/template.ts'
import { explain, nearMisses } from './explain.ts'
import { rewrite } from './rewrite.ts'
import { printRule, rule } from './rule.ts'

test('a misspelt variable does not compile, an optional one may be undefined, a rest is a list', () => {
  const types = rule('types', ['x', 'bias?', '...rest'], {
    // @ts-expect-error `biass` is not declared
    match: ({ x, biass, rest }) => op.Sum(op.Gemm(x, x, biass), ...rest),
    build: ({ x, bias, rest }) => {
      const one: Value = x
      // @ts-expect-error `bias` may be undefined
      const maybe: Value = bias
      const list: readonly Value[] = rest
      return op.Sum(one, maybe, ...list)
    },
  })
  expect(types.variables.map(({ name, kind }) => [name, kind])).toEqual([
    ['x', 'one'],
    ['bias', 'optional'],
    ['rest', 'rest'],
  ])
})

test('typed attributes: a wrong kind or name does not compile', () => {
  const x = new Variable('x')
  op.Gather(x, x, { axis: 1 })
  // @ts-expect-error axis is an integer
  op.Gather(x, x, { axis: 'one' })
  // @ts-expect-error Gather has no such attribute
  op.Gather(x, x, { axes: [1] })
  expect(printTerm(op.Gather(x, x, { axis: 1 }))).toBe('Gather<axis = 1>(x, x)')
})

test('terms and rules print', () => {
  const [x, w, rest] = [new Variable('x'), new Variable('w', 'optional'), new Variable('rest', 'rest')]
  expect(printTerm(op.Transpose(op.Relu(x).as(w), { perm: [1, 0] }))).toBe(
    'Transpose<perm = [1, 0]>(Relu(x) as w)',
  )
  expect(printTerm(op.Clip(x, undefined, 6))).toBe('Clip(x, _, 6)')
  expect(printTerm(op.Concat(x, constant(w), rest, { axis: 0 }))).toBe(
    'Concat<axis = 0>(x, constant w?, ...rest)',
  )
  expect(printTerm(op.Add(anyOf(op.Abs(x), x), [1, 2]))).toBe('Add(Abs(x) | x, [1, 2])')
  expect(printTerm(op.Split(x).outputs(2)[1])).toBe('Split(x).1')
  expect(printTerm(call('local', 'F', [x], { mode: 'fast' }))).toBe('local.F<mode = "fast">(x)')
  const relu = rule('relu', ['x'], { match: v => op.Relu(v.x), build: v => v.x })
  expect(printRule(relu)).toBe('relu: Relu(x)')
})

test('patterns that cannot work are refused when the rule is made', () => {
  const unbound = (): unknown =>
    rule('unbound', ['x', 'z'], {
      match: ({ x, z }) => anyOf(op.Relu(x), op.Add(x, z)),
      build: ({ x, z }) => op.Mul(x, z),
    })
  expect(unbound).toThrow(
    "Rule unbound: z is not bound by Relu(x); use it in every alternative of the pattern, or declare it as 'z?'.",
  )
  const named = (): unknown =>
    rule('named', ['x'], { match: ({ x }) => op.Relu(op.Abs(x).as('abs')), build: ({ x }) => x })
  expect(named).toThrow("the pattern names a node 'abs'")
  // @ts-expect-error attributes among the inputs
  const misplaced = (): unknown => op.Gather(new Variable('x'), { axis: 1 }, { axis: 1 })
  expect(misplaced).toThrow('Write the attributes as the last argument')
})

test('a replacement with a wrong attribute or too few outputs is an error that names it', () => {
  const graph = onnx`a (float[2] x) => (float[1] y, float[1] z) { y, z = Split(x) }`
  const few = rule('few', ['x'], { match: ({ x }) => op.Split(x).outputs(2), build: ({ x }) => op.Relu(x) })
  expect(() => rewrite(graph, [few])).toThrow(
    'Expected rule few to build 2 outputs, as many as its pattern has, got 1',
  )
  const own = rule('own', ['x', 'y'], {
    match: ({ x, y }) => op.Split(x).as(y),
    build: ({ y }) => op.Relu(y),
  })
  const single = onnx`a (float[2] x) => (float[2] y) { y = Split(x) }`
  expect(() => rewrite(single, [own])).toThrow('Expected rule own to build without y, which it replaces')
  const wrong = rule('wrong', ['x'], {
    match: ({ x }) => op.Split(x).outputs(2),
    build: ({ x }) => [call('', 'Relu', [x], { alpha: 1 }), op.Abs(x)],
  })
  expect(() => rewrite(graph, [wrong])).toThrow('Expected an attribute that Relu has, got alpha')
})

test('explain tells the best near-miss with its place', () => {
  const gelu = rule('gelu', ['x'], {
    match: ({ x }) => op.Mul(op.Mul(x, op.Add(op.Erf(op.Div(x, Math.SQRT2)), 1)), 0.5),
    build: ({ x }) => op.Gelu(x),
  })
  const near = onnx`a (float[2] x, bool c) => (float[2] y) <float r = {1.5}, float one = {1}, float h = {0.5}> {
    y = If(c) <then_branch = t () => (float[2] p) { d = Div(x, r) e = Erf(d) f = Add(e, one) g = Mul(x, f) p = Mul(g, h) },
      else_branch = f () => (float[2] q) { q = Mul(x, h) }> }`
  expect(nearMisses(near, gelu)[0]).toMatchObject({
    node: 'y/then_branch/p',
    reason: 'expected the constant 1.4142135623730951, got [1.5]',
    at: 'r',
  })
  expect(explain(near, gelu)).toBe(
    'gelu: Mul(Mul(x, Add(Erf(Div(x, 1.4142135623730951)), 1)), 0.5)\n  nearest at y/then_branch/p: expected the constant 1.4142135623730951, got [1.5] (r)',
  )
  const none = onnx`a (float x) => (float y) { y = Exp(x) }`
  expect(explain(none, gelu)).toContain('no node begins it')
  const relu = rule('relu', ['x'], { match: ({ x }) => op.Exp(x), build: ({ x }) => op.Abs(x) })
  expect(explain(none, relu)).toBe('relu: Exp(x)\n  matches at y')
})
