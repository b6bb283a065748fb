// What inference says of small graphs: sizes as expressions, shapes computed by the graph, bodies, functions, and models
// that are broken.
import { describe, expect, test } from 'vitest'
import type { Dim, Graph, Node, ValueType } from '../ir.ts'
import { innerScopes, scopeOf } from '../scope.ts'
import { tensorOf } from '../tensors/memory-tensor.ts'
import { onnx } from '../text/template.ts'
import { infer, inferTypes } from './infer.ts'

function shapeOf(graph: Graph, name: string): readonly Dim[] | undefined {
  const type = graph.typeOf(name)
  return type?.kind === 'tensor' ? type.shape : undefined
}

const shapes = (graph: Graph, ...names: readonly string[]): readonly (readonly Dim[] | undefined)[] => {
  const typed = inferTypes(graph)
  return names.map(name => shapeOf(typed, name))
}

describe('sizes', () => {
  test('are sums, products and quotients of the names given', () => {
    const graph = onnx`(float[batch,past,8] p, float[batch,seq,8] x, float[b,3,h,w] image, float[4,3,3,3] w) => (y) {
      both = Concat<axis = 1>(p, x)
      flat = Flatten<axis = 2>(both)
      half = Conv<pads = [1,1,1,1], strides = [2,2]>(image, w)
      quarter = Conv<pads = [1,1,1,1], strides = [2,2]>(half, w)
      y = Relu(flat)
    }`
    expect(shapes(graph, 'both', 'flat', 'half', 'y')).toEqual([
      ['batch', 'past + seq', 8],
      ['batch*past + batch*seq', 8],
      ['b', 4, '((h + 1)//2)', '((w + 1)//2)'],
      ['batch*past + batch*seq', 8],
    ])
    expect(shapes(graph, 'quarter')).toEqual([['b', 4, '((h + 3)//4)', '((w + 3)//4)']])
  })

  test('of two names broadcast are unknown, above 1 they win, capped by a table they keep the name', () => {
    const graph = onnx`(float[a,4] x, float[b,1] y, float[7,1] z, float[1,128] table, int64[1] n) => (c) {
      c = Add(x, y)
      d = Add(x, z)
      one = Constant<value = int64[1] {1}>()
      zero = Constant<value = int64[1] {0}>()
      all = Shape(x)
      rows = Slice(all, zero, one)
      part = Slice(table, zero, rows, one)
      turned = Transpose<perm = [1,0]>(part)
      e = Mul(x, turned)
    }`
    expect(shapes(graph, 'c', 'd', 'part', 'e')).toEqual([
      [null, 4],
      [7, 4],
      [1, 'min(128, a)'],
      ['a', 4],
    ])
  })

  test('declared as 0, ? or -1 are unknown, and two of them are not equal', () => {
    const graph = onnx`(float["?",0] x, float["?",4] y) => (z) { z = Concat<axis = 1>(x, y) t = MatMul(x, y) }`
    const typed = inferTypes(graph)
    expect(shapeOf(typed, 'z')).toEqual([null, null])
    expect(shapeOf(typed, 't')).toEqual([null, 4])
  })

  test('keep the spelling of the file', () => {
    const graph = onnx`(float["height / 2","batch-size"] x) => (y) { y = Relu(x) z = Concat<axis = 0>(x, x) }`
    expect(shapes(graph, 'y', 'z')).toEqual([
      ['height / 2', 'batch-size'],
      ['2*(height//2)', 'batch-size'],
    ])
  })
})

describe('shapes that the graph computes', () => {
  test('are followed through Shape, Gather, arithmetic, Concat, Where and Cast', () => {
    const graph = onnx`(float[batch,seq,64] x) => (y) {
      shape = Shape(x)
      i = Constant<value_int = 0>()
      j = Constant<value_int = 1>()
      b = Gather(shape, i)
      s = Gather(shape, j)
      t = Mul(s, two)
      tf = Cast<to = 1>(t)
      ti = Cast<to = 7>(tf)
      axes = Constant<value_ints = [0]>()
      b1 = Unsqueeze(b, axes)
      t1 = Unsqueeze(ti, axes)
      rest = Constant<value_ints = [-1]>()
      target = Concat<axis = 0>(b1, t1, rest)
      free = Equal(target, rest)
      safe = Where(free, rest, target)
      y = Reshape(x, safe)
      two = Constant<value_int = 2>()
    }`
    const two = graph.nodes.at(-1)
    const sorted = graph.with({ nodes: [...(two ? [two] : []), ...graph.nodes.slice(0, -1)] })
    expect(shapes(sorted, 'y')).toEqual([['batch', '2*seq', 32]])
    expect(infer(sorted).elements.get('target')).toEqual(['batch', '2*seq', -1])
  })

  test('know what a caller says of an input, and only then', () => {
    const graph = onnx`(float[n,6] x, int64[2] target) => (y) { y = Reshape(x, target) }`
    expect(shapes(graph, 'y')).toEqual([[null, null]])
    const typed = inferTypes(graph, { values: new Map([['target', tensorOf('int64', [2], [-1n, 3n])]]) })
    expect(shapeOf(typed, 'y')).toEqual(['2*n', 3])
  })

  test('do not lean on an initializer that a caller may replace', () => {
    const target = tensorOf('int64', [2], [3n, -1n])
    const graph = onnx`<ir_version: 8, opset_import: ["": 17]>
      g (float[n,6] x, int64[2] target) => (y) <int64[2] target = ${target}> { y = Reshape(x, target) }`
    const old = graph.with({ header: { ...graph.header, irVersion: 3 } })
    expect(shapes(graph, 'y')).toEqual([[null, null]])
    expect(shapes(old, 'y')).toEqual([[3, '2*n']])
  })
})

describe('bodies', () => {
  test('of an If give what both branches agree on', () => {
    const graph = onnx`(bool c, float[n,4] x) => (y, z) {
      y, z = If(c) <
        then_branch = t () => (y1, z1) { y1 = Relu(x) z1 = Concat<axis = 0>(x, x) },
        else_branch = e () => (y2, z2) { y2 = Neg(x) z2 = Identity(x) }
      >
    }`
    const typed = inferTypes(graph)
    expect(typed.outputs.map(({ type }) => type)).toEqual([
      { kind: 'tensor', dtype: 'float32', shape: ['n', 4] },
      { kind: 'tensor', dtype: 'float32', shape: [null, 4] },
    ])
    const [node] = typed.nodes
    const [inner] = node ? innerScopes(scopeOf(typed), node) : []
    expect(inner?.body.typeOf('z1')).toEqual({ kind: 'tensor', dtype: 'float32', shape: ['2*n', 4] })
  })

  test('of a Loop give what every iteration leaves as it is', () => {
    const graph = onnx`(int64 m, bool c, float[n,4] x, float[k,4] grown) => (a, b, s) {
      a, b, s = Loop(m, c, x, grown) <
        body = l (int64 i, bool go, v, w) => (on, v1, w1, out) {
          on = Identity(go) v1 = Relu(v) w1 = Concat<axis = 0>(w, v) out = ReduceSum<keepdims = 0>(v)
        }
      >
    }`
    expect(
      inferTypes(graph).outputs.map(({ type }) => (type?.kind === 'tensor' ? type.shape : type)),
    ).toEqual([['n', 4], [null, 4], [null]])
  })
})

test('a function is inferred for each call with the attributes given', () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 17, "local": 1]>
    g (float[n,2,3] x) => (a, b) { a = local.Flat<at = 1>(x) b = local.Flat<at = 2>(x) }
    <opset_import: ["": 17], domain: "local">
    Flat<at>(v) => (w) { w = Flatten<axis: int = @at>(v) }`
  expect(shapes(graph, 'a', 'b')).toEqual([
    ['n', 6],
    ['2*n', 3],
  ])
})

describe('problems are returned', () => {
  test('a declared shape that contradicts what comes out', () => {
    const graph = onnx`(float[2,3] x) => (float[2,4] y) { y = Relu(x) }`
    expect(infer(graph).problems).toEqual([
      { at: 'y', problem: 'output y: shape [2, 4] is declared, [2, 3] comes out' },
    ])
  })

  test('shapes that do not broadcast, axes outside, a matrix that does not fit', () => {
    const graph = onnx`(float[2,3] x, float[4] y) => (a) {
      a = Add(x, y) b = MatMul(x, y) c = Concat<axis = 5>(x, x) d = Transpose<perm = [0,0]>(x)
    }`
    expect(infer(graph).problems.map(each => each.at)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('functions that call themselves, or each other twice, end', () => {
    const self = onnx`<ir_version: 8, opset_import: ["": 17, "l": 1]> g (float[2] x) => (y) { y = l.F(x) }
      <opset_import: ["": 17, "l": 1], domain: "l"> F(v) => (w) { w = l.F(v) }`
    expect(infer(self).problems.map(each => each.problem)).toEqual(['function F calls itself'])
    const doubling = Array.from({ length: 40 }, (_, at) => at)
    const header = onnx`<ir_version: 8, opset_import: ["": 17, "l": 1]> g (float[2] x) => (y) { y = l.F0(x) }`
    const call = (op: string, input: string, output: string): Node => ({
      op, domain: 'l', name: '', inputs: [input], outputs: [output], attributes: new Map(), origins: [],
    }) // prettier-ignore
    const functions = doubling.map(at => ({
      name: `F${at}`, domain: 'l', inputs: ['v'], outputs: ['w'], attributes: [], defaults: new Map(), types: new Map(),
      opsets: new Map([['', 17], ['l', 1]]), nodes: [call(`F${at + 1}`, 'v', 'u'), call(`F${at + 1}`, 'u', 'w')],
    })) // prettier-ignore
    const typed = infer(header.with({ header: { ...header.header, functions } }))
    expect(typed.graph.typeOf('y')).toBeUndefined()
  })
})

test('the graph given is not touched, and a second time changes nothing', () => {
  const graph = onnx`(float[n,4] x) => (y) { h = Relu(x) y = Neg(h) }`
  const before: ValueType | undefined = graph.typeOf('h')
  const once = inferTypes(graph)
  const twice = inferTypes(once)
  expect(graph.typeOf('h')).toBe(before)
  expect(shapeOf(once, 'h')).toEqual(['n', 4])
  expect([...twice.types]).toEqual([...once.types])
  expect(twice.outputs).toEqual(once.outputs)
})
