import { expect, test } from 'vitest'
import { expectSameOutputs } from '../../test/same-outputs.ts'
import type { Graph } from '../ir.ts'
import { tensorOf } from '../tensors/memory-tensor.ts'
import { print } from '../text/print.ts'
import { onnx } from '../text/template.ts'
import { constantToInitializer, initializersOffInputs } from './constants.ts'
import { nearMisses } from './explain.ts'
import { addZero, identity, onlyOne, timesOne } from './identities.ts'
import { dropout, padNothing } from './inference-identities.ts'
import { castToSame, castTwice, expandToSame, reshapeToSame, reshapeTwice, transposeNothing, transposeTwice } from './layout-identities.ts' // prettier-ignore
import { identities } from './lists.ts'
import { rewrite } from './rewrite.ts'
import type { Rule } from './rule.ts'

const exact = { atol: 0, rtol: 0 }

/** Applies one rule and checks that ONNX Runtime computes the same numbers; returns the nodes. */
async function same(graph: Graph, of: Rule): Promise<readonly string[]> {
  const { graph: next, counts } = rewrite(graph, [of])
  expect(counts[of.name]).toBeGreaterThan(0)
  await expectSameOutputs(graph, next, exact)
  return next.nodes.map(node => print(node))
}

function reason(graph: Graph, of: Rule): string | undefined {
  expect(rewrite(graph, [of]).graph).toBe(graph)
  return nearMisses(graph, of)[0]?.reason
}

test('the comparison fails on a wrong rewrite', async () => {
  const right = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2] x) => (float[2] y) { y = Relu(x) }`
  const wrong = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2] x) => (float[2] y) { y = Neg(x) }`
  await expect(expectSameOutputs(right, wrong, exact)).rejects.toThrow('greatest difference of y')
})

test('constant-to-initializer', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2] x) => (float[2] y, float[2] k) {
    c = Constant<value_floats = [2.0, 3.0]>() d = Constant<value = float {0.5}>() i = Constant<value_int = 0>()
    k = Constant<value_floats = [1.0, 2.0]>()
    g = Gather(c, i) t = Mul(x, c) u = Mul(t, d) y = Add(u, g) }`
  expect(await same(graph, constantToInitializer)).toHaveLength(5)
  const { graph: next } = rewrite(graph, [constantToInitializer])
  expect(
    [...next.initializers.values()].map(({ name, tensor }) => [name, tensor.dtype, tensor.shape]),
  ).toEqual([
    ['c', 'float32', [2]],
    ['d', 'float32', []],
    ['i', 'int64', []],
  ])
  const output = onnx`a () => (float y) { y = Constant<value_float = 1.0>() }`
  expect(reason(output, constantToInitializer)).toBe(
    'its result is a graph output, and y cannot take over the name',
  )
  const nested = onnx`<ir_version: 8, opset_import: ["": 13]> a (bool c, float[2] x) => (float[2] y) {
    y = If(c) <then_branch = t () => (float[2] p) { w = Constant<value_floats = [1.0, 2.0]>() p = Mul(x, w) },
      else_branch = e () => (float[2] q) { q = Neg(x) }> }`
  expect((await same(nested, constantToInitializer)).join('')).not.toContain('Constant')
})

test('constants stay nodes in functions', () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 18, "local": 1]> a (float[2] x) => (float[2] y) { y = local.F(x) }
    <domain: "local", opset_import: ["": 18]> F (p) => (q) { c = Constant<value_float = 2.0>() q = Mul(p, c) }`
  expect(reason(graph, constantToInitializer)).toBe('a function has no initializers')
})

test('initializers leave the input list, and IR 3 becomes 4', async () => {
  const graph = onnx`<ir_version: 3, opset_import: ["": 9]> a (float[2] x, float[2] w) => (float[2] y) <float[2] w = {1, 2}> { y = Mul(x, w) }`
  const next = initializersOffInputs(graph)
  expect([next.inputs.map(input => input.name), next.header.irVersion]).toEqual([['x'], 4])
  await expectSameOutputs(graph, next, exact)
  expect(initializersOffInputs(next)).toBe(next)
})

test('identity', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2] x) => (float[2] y) { t = Identity(x) u = Neg(t) y = Identity(u) }`
  expect(await same(graph, identity)).toEqual(['y = Neg(x)'])
})

test.each(['Add', 'Sub'])('add-zero: %s', async name => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2,3] x) => (float[2,3] y) <float[2,3] n, float[1,3] zero = {0, 1, 0}> {
    n = Neg(x) y = ${name}(n, zero) }`
  expect(reason(graph, addZero)).toBe('is not 0 throughout')
  const plain = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2,3] x) => (float[2,3] y) <float[2,3] n, float[1,3] zero = {0, -0.0, 0}> {
    n = Neg(x) y = ${name}(n, zero) }`
  expect(await same(plain, addZero)).toEqual(['y = Neg(x)'])
})

test('add-zero and times-one leave what broadcasts or is no such constant', () => {
  const wider = onnx`a (float[1,3] x) => (float[2,3] y) <float[2,1] zero = {0, 0}> { n = Neg(x) y = Add(n, zero) }`
  expect(reason(wider, addZero)).toBe('may change the shape of n')
  const unknown = onnx`a (float x) => (float y) <float[1] one = {1}> { n = Neg(x) y = Mul(n, one) }`
  expect(reason(unknown, timesOne)).toBe('may change the shape of n')
  const flipped = onnx`a (float[2] x) => (float[2] y) <float one = {1}> { n = Neg(x) y = Div(one, n) }`
  expect(reason(flipped, timesOne)).toBeDefined()
  const minus = onnx`a (float[2] x) => (float[2] y) <float zero = {0}> { n = Neg(x) y = Sub(zero, n) }`
  expect(reason(minus, addZero)).toBeDefined()
})

test.each(['Mul', 'Div', 'Pow'])('times-one: %s', async name => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2,3] x) => (float[2,3] y) <float one = {1}> { n = Neg(x) y = ${name}(n, one) }`
  expect(await same(graph, timesOne)).toEqual(['y = Neg(x)'])
})

test('only-one', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2] x) => (float[2] y) { n = Neg(x) s = Sum(n) c = Concat<axis = 0>(s) y = Abs(c) }`
  expect(await same(graph, onlyOne)).toEqual(['n = Neg(x)', 'y = Abs(n)'])
  expect(reason(onnx`a (float[2] x) => (float[2] y) { y = Sum(x, x) }`, onlyOne)).toBe(
    'expected 1 inputs, got 2',
  )
})

test.each([
  [[1, 2, 0], [2, 0, 1], 'y = Neg(x)'],
  [[1, 0, 2], [0, 2, 1], 'y = Transpose<perm = [1, 2, 0]>(n)'],
])('transpose-twice: %j then %j', async (first, second, result) => {
  const shape = [2, 3, 4]
  const once = first.map(at => shape[at] ?? 0)
  const twice = second.map(at => once[at] ?? 0)
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float${shape} x) => (float${twice} y) {
    n = Neg(x) t = Transpose<perm = ${first}>(n) y = Transpose<perm = ${second}>(t) }`
  expect((await same(graph, transposeTwice)).at(-1)).toBe(result)
})

test('transpose-twice keeps a first transpose that others use, and knows the default order', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2,3] x) => (float[3,2] z, float[2,3] y) {
    n = Neg(x) t = Transpose(n) z = Abs(t) u = Transpose(t) y = Exp(u) }`
  expect(new Set(await same(graph, transposeTwice))).toEqual(
    new Set(['n = Neg(x)', 't = Transpose(n)', 'z = Abs(t)', 'y = Exp(n)']),
  )
})

test('transpose-nothing', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2,3] x) => (float[2,3] y) { n = Neg(x) y = Transpose<perm = [0, 1]>(n) }`
  expect(await same(graph, transposeNothing)).toEqual(['y = Neg(x)'])
  expect(reason(onnx`a (float[2,3] x) => (float y) { n = Neg(x) y = Transpose(n) }`, transposeNothing)).toBe(
    'dimensions move',
  )
})

test('cast-to-same and cast-twice', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2] x) => (float[2] y) { c = Cast<to = 1>(x) y = Neg(c) }`
  expect(await same(graph, castToSame)).toEqual(['y = Neg(x)'])
  expect(reason(onnx`a (float[2] x) => (float16[2] y) { c = Cast<to = 10>(x) y = Neg(c) }`, castToSame)).toBe(
    'casts float32 to another type',
  )
  const wide = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2] x) => (float[2] y) { c = Cast<to = 11>(x) d = Cast<to = 1>(c) y = Neg(d) }`
  expect(await same(wide, castTwice)).toEqual(['y = Neg(x)'])
  const further = onnx`<ir_version: 8, opset_import: ["": 13]> a (int32[2] x) => (int64[2] y) { c = Cast<to = 7>(x) y = Cast<to = 7>(c) }`
  expect(await same(further, castTwice)).toEqual(['y = Cast<to = 7>(x)'])
  const narrow = onnx`a (float[2] x) => (float[2] y) { c = Cast<to = 10>(x) d = Cast<to = 1>(c) y = Neg(d) }`
  expect(reason(narrow, castTwice)).toBe('loses digits')
})

test('reshape-twice', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2,3,4] x) => (float[4,6] y) <int64[2] s = {6, -1}, int64[2] t = {4, -1}> {
    n = Neg(x) r = Reshape(n, s) y = Reshape(r, t) }`
  expect(await same(graph, reshapeTwice)).toEqual(['n = Neg(x)', 'y = Reshape(n, t)'])
  const flat = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2,1,4] x) => (float[8] y) <int64[1] axes = {1}, int64[1] t = {-1}> {
    n = Neg(x) r = Squeeze(n, axes) y = Reshape(r, t) }`
  expect(await same(flat, reshapeTwice)).toEqual(['n = Neg(x)', 'y = Reshape(n, t)'])
  const copies = onnx`a (float[2,3,4] x) => (float[6,4] y) <int64[2] s = {6, -1}, int64[2] t = {0, 4}> { r = Reshape(x, s) y = Reshape(r, t) }`
  expect(reason(copies, reshapeTwice)).toBe('copies a dimension of what it reshapes')
})

test('reshape-to-same and expand-to-same', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[n,3] x) => (float[n,3] y) <int64[2] s = {-1, 3}> { t = Neg(x) y = Reshape(t, s) }`
  const typed = rewrite(
    onnx`<ir_version: 8, opset_import: ["": 13]> a (float[n,3] x) => (float[n,3] y) <float[n,3] t, int64[2] s = {-1, 3}> { t = Neg(x) y = Reshape(t, s) }`,
    [reshapeToSame],
  )
  expect(typed.graph.nodes.map(node => print(node))).toEqual(['y = Neg(x)'])
  expect(reason(graph, reshapeToSame)).toBe('has another rank, or one unknown')
  const changes = onnx`a (float[2,3] x) => (float[3,2] y) <int64[2] s = {3, -1}> { y = Reshape(x, s) }`
  expect(reason(changes, reshapeToSame)).toBe('changes the shape')
  const copied = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2,3] x) => (float[2,3] y) <int64[2] s = {0, -1}> { r = Reshape(x, s) y = Neg(r) }`
  expect(await same(copied, reshapeToSame)).toEqual(['y = Neg(x)'])
  const expand = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2,3] x) => (float[2,3] y) <int64[1] s = {3}> { e = Expand(x, s) y = Neg(e) }`
  expect(await same(expand, expandToSame)).toEqual(['y = Neg(x)'])
  const wider = onnx`a (float[1,3] x) => (float[2,3] y) <int64[2] s = {2, 3}> { e = Expand(x, s) y = Neg(e) }`
  expect(reason(wider, expandToSame)).toBe('changes the shape')
})

test('dropout', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2] x) => (float[2] y) <float r = {0.5}> { d = Dropout(x, r) y = Neg(d) }`
  expect(await same(graph, dropout)).toEqual(['y = Neg(x)'])
  const off = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2] x) => (float[2] y) <float r = {0.5}, bool t = {0}> { d, m = Dropout(x, r, t) y = Neg(d) }`
  expect(await same(off, dropout)).toEqual(['y = Neg(x)'])
  const training = onnx`a (float[2] x, bool t) => (float[2] y) <float r = {0.5}> { d = Dropout(x, r, t) y = Neg(d) }`
  expect(reason(training, dropout)).toBe('may be in training')
})

test('pad-nothing', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2,3] x) => (float[2,3] y) <int64[4] p = {0, 0, 0, 0}> { d = Pad<mode = "reflect">(x, p) y = Neg(d) }`
  expect(await same(graph, padNothing)).toEqual(['y = Neg(x)'])
  const old = onnx`<ir_version: 4, opset_import: ["": 9]> a (float[2,3] x) => (float[2,3] y) { d = Pad<pads = [0, 0, 0, 0]>(x) y = Neg(d) }`
  expect(await same(old, padNothing)).toEqual(['y = Neg(x)'])
  const some = onnx`a (float[2,3] x) => (float[2,4] y) <int64[4] p = {0, 0, 0, 1}> { d = Pad(x, p) y = Neg(d) }`
  expect(reason(some, padNothing)).toBe('pads by something, or by what is not constant')
})

test('constants of other types count too', async () => {
  const half = tensorOf('float16', [1], [1])
  const graph = onnx`<ir_version: 8, opset_import: ["": 13]> a (float[2] x) => (float[2] y) <float16[2] h> {
    h = Cast<to = 10>(x) one = Constant<value = float16[1] ${half}>() m = Mul(one, h) y = Cast<to = 1>(m) }`
  const { graph: next } = rewrite(graph, [timesOne])
  expect(next.nodes).toHaveLength(2)
  // ONNX Runtime multiplies float16 as float32 and leaves out the rounding before it: 2^-11.
  await expectSameOutputs(graph, next, { atol: 0, rtol: 4.9e-4 })
})

test('names of rules are unique', () => {
  expect(new Set(identities.map(each => each.name)).size).toBe(identities.length)
})
