import { describe, expect, test } from 'vitest'
import { expectSameOutputs } from '../../test/same-outputs.ts'
import { assertValid, check } from '../check/check.ts'
import { print } from '../text/print.ts'
import { onnx } from '../text/template.ts'
import { inline } from './inline.ts'
import { inlineFunctions } from './inline-functions.ts'

const lines = (graph: ReturnType<typeof onnx>) => print(graph, { header: false, types: false })

describe('a graph into a graph', () => {
  const outer = onnx`(float[2] x) => (float[2] y) <float[2] w = {1, 2}> { t = Mul(x, w) y = Relu(t) }`
  const other = onnx`(float[2] x, bool c) => (float[2] y) <float[2] w = {3, 4}, float[2] t> {
    t = Add(x, w)
    y = If(c) <
      then_branch: graph = yes () => (float[2] r) <float[2] w2 = {0, 0}> { r = Max(t, w2) },
      else_branch: graph = no () => (float[2] w2) { w2 = Neg(t) }>
  }`

  test('names that are taken get others, in nested bodies too; weights come along', () => {
    const host = outer.with({ inputs: [...outer.inputs, { name: 'go', type: { kind: 'tensor', dtype: 'bool', shape: [] } }] }) // prettier-ignore
    const { graph, outputs } = inline(host, other, {
      inputs: { x: 't', c: 'go' },
      replace: { y: 't' },
      prefix: 'in/',
    })
    assertValid(graph)
    expect(check(graph)).toEqual([])
    expect(outputs.get('y')).toBe('in/y')
    const relu = graph.nodes.find(node => node.op === 'Relu')
    expect(relu?.inputs).toEqual(['in/y'])
    expect([...graph.initializers.keys()]).toEqual(['w', 'in/w'])
  })

  test('a graph output that is replaced keeps its name', () => {
    const small = onnx`(float[2] x) => (float[2] y) { y = Neg(x) }`
    const { graph, outputs } = inline(outer, small, { inputs: { x: 't' }, replace: { y: 'y' } })
    assertValid(graph)
    expect(graph.producer('y')?.op).toBe('Neg')
    expect(outputs.get('y')).toBe('y')
  })

  test('what is missing, unknown or of another version is refused', () => {
    expect(() => inline(outer, other, { inputs: { x: 't' } })).toThrow('Expected a value for input "c"')
    expect(() => inline(outer, other, { inputs: { x: 'q', c: 't' } })).toThrow('nothing there is called "q"')
    const old = onnx`<ir_version: 7, opset_import: ["": 11]> g (float[2] x) => (y) { y = Softmax(x) }`
    expect(() => inline(outer, old, { inputs: { x: 't' } })).toThrow(
      'y (Softmax) is of version 11 there, and the graph of version 21, which defines it differently',
    )
    const same = onnx`<ir_version: 7, opset_import: ["": 16]> g (float[2] x) => (y) { y = Relu(x) }`
    expect(inline(outer, same, { inputs: { x: 't' } }).graph.opset()).toBe(21)
  })
})

describe('functions of the model', () => {
  const graph = onnx`
    <ir_version: 10, opset_import: ["": 21, "d": 1, "e": 1]>
    g (float[2] x, bool c) => (float[2] y, float[2] z) {
      [one] t = d.scaled<k = 2.0>(x)
      [two] y = If(c) <
        then_branch: graph = yes () => (float[2] r) { [three] r = d.scaled(t, x) },
        else_branch: graph = no () => (float[2] s) { s = Neg(t) }>
      [four] z, same = e.both(t)
    }
    <domain: "d", opset_import: ["": 21]>
    scaled <k: float = 3.0> (a, b) => (o) {
      [c] f = Constant<value_float: float = @k>()
      [m] p = Mul(a, f)
      [s] o = Sum(p, p, b)
    }
    <domain: "e", opset_import: ["": 21, "d": 1]>
    both (a) => (o, a) { o = d.scaled<k = 5.0>(a) }`

  test('become plain nodes, with the attributes of their call', async () => {
    const plain = inlineFunctions(graph)
    assertValid(plain)
    expect(plain.header.functions).toEqual([])
    expect([...plain.header.opsets.keys()]).toEqual([''])
    expect(lines(plain)).toContain('"three/p" = Mul(t, "three/f")')
    expect(lines(plain)).toContain('"four/o/c"')
  })

  test('compute the same in ONNX Runtime', async () => {
    const called = onnx`
      <ir_version: 10, opset_import: ["": 21, "d": 1]>
      g (float[2] x, bool c) => (float[2] y, float[2] z) {
        t = d.scaled<k = 2.0>(x, x)
        y = If(c) <
          then_branch: graph = yes () => (float[2] r) { r = d.scaled(t, x) },
          else_branch: graph = no () => (float[2] s) { s = Neg(t) }>
        z = d.twice(t)
      }
      <domain: "d", opset_import: ["": 21]>
      scaled <k: float = 3.0> (a, b) => (o) {
        f = Constant<value_float: float = @k>()
        p = Mul(a, f)
        o = Sub(p, b)
      }
      <domain: "d", opset_import: ["": 21, "d": 1]>
      twice (a) => (o) { p = d.scaled<k = 5.0>(a, a) o = d.scaled(p, a) }`
    const plain = inlineFunctions(called)
    assertValid(plain)
    await expectSameOutputs(called, plain, { atol: 0, rtol: 0 })
  })

  test('come from their call', () => {
    const plain = inlineFunctions(graph)
    expect(plain.nodes.filter(node => node.name.startsWith('one/')).map(node => node.origins)).toEqual([
      ['one'],
      ['one'],
      ['one'],
    ])
    expect(plain.producer('z')?.origins).toEqual(['four'])
  })

  test('another opset or recursion is refused', () => {
    const old = onnx`<ir_version: 10, opset_import: ["": 21, "d": 1]> g (float[2] x) => (y) { y = d.f(x) }
      <domain: "d", opset_import: ["": 11]> f (x) => (y) { y = Softmax(x) }`
    expect(() => inlineFunctions(old)).toThrow('Expected the function d.f to be of the same opset')
    const round = onnx`<ir_version: 10, opset_import: ["": 21, "d": 1]> g (float[2] x) => (y) { y = d.f(x) }
      <domain: "d", opset_import: ["": 21, "d": 1]> f (x) => (y) { y = d.f(x) }`
    expect(() => inlineFunctions(round)).toThrow('d.f does, itself or through others')
  })
})
