// What nearly is a pattern and is none. Every fusion is tried, those too that a target would not ask for: the operator named
// is not made, or not of what is near, and outputs stay equal. Each fusion has at least one such neighbour.
import { parse, walk, type Graph } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { fuseGraph } from './fuse-graph.ts'
import { fusions } from './fusions.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const options = { target: 'cpu', rules: fusions.map(({ name }) => name), absorb: true }

/** Numbers in ONNX text. */
const some = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, at) => (0.5 + Math.sin(from + at) / 2).toFixed(4)).join()

/** x and z [2, 3, 4], q, k and v of four heads of two; c [1, 4, 3, 5]. */
function graphOf(steps: string, outputs = 'y', opset = 17): Graph {
  return parse(`<ir_version: 8, opset_import: ["": ${opset}]>
    near (float[2,3,4] x, float[2,3,4] z, float[2,4,3,2] q, float[2,4,5,2] k, float[2,4,5,2] v, float[1,4,3,5] c, int64[2,5] ids) => (${outputs
      .split(' ')
      .map(name => `float ${name}`)
      .join()})
    <float eps = {0.1}, float two = {2}, float one = {1}, float half = {0.5}, float root = {1.4142135}, float rootish = {1.4142}, float cubic = {0.044715}, float cubicish = {0.0447},
     float pi = {0.7978845608}, float three = {3}, float six = {6}, float zero = {0}, float[4] g = {${some(4)}}, float[1,3,1] rows = {${some(3)}}, float[3,4] both = {${some(12)}},
     float[2] lanes = {0.3, 0.6}, float third = {0.3}, float[4,4,3,3] w = {${some(144)}}, float[4] b = {${some(4, 3)}}, float[4] m = {${some(4, 5)}}, float[4] var = {${some(4, 7)}},
     float[1,1,3,5] places = {${some(15)}}, int64[1] at0 = {0}, int64[1] at1 = {1}, int64[1] at2 = {2}, int64[5] twice = {1, 2, 1, 1, 1}, int64[4] four = {2, 4, 5, 2}, int64[3] by2 = {0, 2, -1}, int64[3] by4 = {0, -1, 30}, float[2] ones = {1, 1}, float[2] zeros = {0, 0}, 
     float[4,1,1] scale = {${some(4)}}, float[4,1,1] shift = {${some(4, 2)}}, float[1,1,5] last = {${some(5)}}, float[4,3] mat = {${some(12)}}, float[16,8] table = {${some(128)}},
     float[8] g8 = {${some(8)}}, float[8] b8 = {${some(8, 4)}}, float[3,3,3] cubes = {${some(27)}}, float s1 = {0.05}, float s2 = {0.06}, uint8 zp = {128}> { ${steps} }`)
}

const erf = (root: string, one = 'one'): string =>
  `d = Div(x, ${root}) e = Erf(d) p = Add(e, ${one}) t = Mul(x, p)`
const tanh = (k: string, c: string): string =>
  `p3 = Pow(x, three) p4 = Mul(p3, ${k}) p5 = Add(x, p4) p6 = Mul(p5, ${c}) p7 = Tanh(p6) p8 = Add(p7, one) p9 = Mul(x, half)`
const squares = 'sq = Pow(x, two) ms = ReduceMean<axes = [-1]>(sq)'
const scores = 'kt = Transpose<perm = [0, 1, 3, 2]>(k) sc = MatMul(q, kt)'
const halved =
  'to = Constant<value_ints = [3]>() at4 = Constant<value_ints = [4]>() at5 = Constant<value_ints = [5]>() h = Slice(c, at0, at2, at1)'
const joined = 'j = Concat<axis = 1>(l, r) y = Conv<pads = [1, 1, 1, 1]>(j, w)'
const grouped = (to: string, behind = 'back = Shape(c) gr = Reshape(gn, back)'): string =>
  `gi = Reshape(c, ${to}) gn = InstanceNormalization<epsilon = 0.1>(gi, ones, zeros) ${behind}`

/** Title, steps, the operator that must not come of it (none: it may, outputs stay equal), outputs. */
type Near = readonly [title: string, steps: string, op: RegExp | undefined, outputs?: string]

const near: Readonly<Record<string, readonly Near[]>> = {
  'layer-norm': [
    ['ε outside the root', 'mu = ReduceMean<axes = [-1]>(x) d = Sub(x, mu) sq = Mul(d, d) ms = ReduceMean<axes = [-1]>(sq) sd = Sqrt(ms) e = Add(sd, eps) y = Div(d, e)', /Norm/],
    ['the mean of another value', 'mu = ReduceMean<axes = [-1]>(z) d = Sub(x, mu) sq = Mul(d, d) ms = ReduceMean<axes = [-1]>(sq) e = Add(ms, eps) sd = Sqrt(e) y = Div(d, sd)', /^LayerNorm/],
    ['an inner value given out', 'mu = ReduceMean<axes = [-1]>(x) d = Sub(x, mu) sq = Mul(d, d) ms = ReduceMean<axes = [-1]>(sq) e = Add(ms, eps) sd = Sqrt(e) y = Div(d, sd)', /^LayerNorm/, 'y sd'],
  ],
  'rms-norm': [
    ['a sum for the mean', 'sq = Pow(x, two) ax = Constant<value_ints = [-1]>() ms = ReduceSum(sq, ax) e = Add(ms, eps) sd = Sqrt(e) y = Div(x, sd)', /Norm/],
    ['ε outside the root', `${squares} sd = Sqrt(ms) e = Add(sd, eps) y = Div(x, e)`, /Norm/],
    ['another axis', 'sq = Pow(x, two) ms = ReduceMean<axes = [1]>(sq) e = Add(ms, eps) sd = Sqrt(e) y = Div(x, sd)', /Norm/],
    ['a mean that is not kept', 'sq = Pow(z, two) ms = ReduceMean<axes = [0], keepdims = 0>(sq) e = Add(ms, eps) sd = Sqrt(e) y = Div(z, sd)', /Norm/],
    ['the root given out', `${squares} e = Add(ms, eps) sd = Sqrt(e) y = Div(x, sd)`, /Norm/, 'y sd'],
  ],
  'norm-affine': [
    ['a scale by row', `${squares} e = Add(ms, eps) sd = Sqrt(e) n = Div(x, sd) y = Mul(n, rows)`, undefined],
    ['a scale of more axes', `${squares} e = Add(ms, eps) sd = Sqrt(e) n = Div(x, sd) y = Mul(n, both)`, undefined],
    ['another scale behind the scale', 'n = LayerNormalization(x, g) y = Mul(n, b)', undefined],
    ['a norm that is used without its shift', 'n = LayerNormalization(x, g) y = Add(n, b)', undefined, 'y n'],
  ],
  'skip-norm': [
    ['a sum that broadcasts', 's = Add(x, rows) y = LayerNormalization(s, g)', /Skip/],
    ['a norm over two axes', 's = Add(x, z) y = LayerNormalization<axis = 1>(s, both)', /Skip/],
    ['a sum that is scaled', 's = Add(x, z) h = Mul(s, half) y = LayerNormalization(h, g)', /Skip/],
  ],
  'group-norm': [
    ['groups of a number that is not told', `gi = Reshape(c, by4) gn = InstanceNormalization<epsilon = 0.1>(gi, ones, zeros) back = Shape(c) gr = Reshape(gn, back) t = Mul(gr, scale) y = Add(t, shift)`, /GroupNorm/],
    ['a scale by the last axis', `${grouped('by2')} t = Mul(gr, last) y = Add(t, shift)`, /GroupNorm/],
    ['groups that are scaled by themselves', `${grouped('by2').replace('ones, zeros', 'lanes, zeros')} t = Mul(gr, scale) y = Add(t, shift)`, /GroupNorm/],
  ],
  'group-normalization': [['another shape behind it', `${grouped('by2', 'to = Constant<value_ints = [1, 4, 5, 3]>() gr = Reshape(gn, to)')} t = Mul(gr, scale) y = Add(t, shift)`, /GroupNorm/]],
  gelu: [
    ['√2 slightly off', `${erf('rootish')} y = Mul(t, half)`, /Gelu/],
    ['erf of another value', `d = Div(z, root) e = Erf(d) p = Add(e, one) t = Mul(x, p) y = Mul(t, half)`, /Gelu/],
    ['twice too large', `${erf('root')} y = Identity(t)`, /Gelu/],
    ['erf given out', `${erf('root')} y = Mul(t, half)`, /Gelu/, 'y e'],
    ['a two where the one is', `${erf('root', 'two')} y = Mul(t, half)`, /Gelu/],
  ],
  'fast-gelu': [
    ['the cubic slightly off', `${tanh('cubicish', 'pi')} y = Mul(p9, p8)`, /Gelu/],
    ['another factor', `${tanh('cubic', 'half')} y = Mul(p9, p8)`, /Gelu/],
    ['the tanh given out', `${tanh('cubic', 'pi')} y = Mul(p9, p8)`, /Gelu/, 'y p7'],
  ],
  'quick-gelu': [
    ['a factor by lane', 's = Mul(x, g) t = Sigmoid(s) y = Mul(x, t)', /QuickGelu/],
    ['a factor that is not constant', 's = Mul(x, z) t = Sigmoid(s) y = Mul(x, t)', /QuickGelu/],
  ],
  silu: [
    ['the gate of another value', 's = Sigmoid(z) y = Mul(x, s)', /Gelu|Swish/],
    ['the gate given out', 's = Sigmoid(x) y = Mul(x, s)', /Gelu|Swish/, 'y s'],
  ],
  'hard-swish': [
    ['another slope', 's = HardSigmoid<alpha = 0.2, beta = 0.5>(x) y = Mul(x, s)', /HardSwish/],
    ['clipped at three', 'p = Add(x, three) s = Clip(p, zero, three) t = Mul(x, s) y = Div(t, six)', /HardSwish/],
  ],
  mish: [['softplus of another value', 's = Softplus(z) t = Tanh(s) y = Mul(x, t)', /Mish/]],
  'bias-gelu': [
    ['a bias by row', `x0 = Add(z, rows) ${erf('root').replaceAll('x', 'x0')} y = Mul(t, half)`, /BiasGelu/],
    ['a bias that is given out with its sum', `x0 = Add(z, g) ${erf('root').replaceAll('x', 'x0')} y = Mul(t, half)`, /BiasGelu/, 'y x0'],
    ['by tanh, a bias by row', `x0 = Add(z, rows) ${tanh('cubic', 'pi').replaceAll('(x,', '(x0,')} y = Mul(p9, p8)`, undefined],
  ],
  'rotary-embedding': [
    ['cosines alone', 'h1, h2 = Split<axis = -1>(x) h3 = Neg(h2) h4 = Concat<axis = -1>(h3, h1) t = Mul(x, both) u = Mul(h4, both) y = Add(t, u)', undefined],
    ['halves not negated', 'cs = Cos(both) sn = Sin(both) h1, h2 = Split<axis = -1>(x) h4 = Concat<axis = -1>(h2, h1) t = Mul(x, cs) u = Mul(h4, sn) y = Add(t, u)', /Rotary/],
  ],
  attention: [
    ['q and k scaled differently', 'qs = Mul(q, third) ks = Mul(k, half) kt = Transpose<perm = [0, 1, 3, 2]>(ks) sc = MatMul(qs, kt) p = Softmax<axis = -1>(sc) y = MatMul(p, v)', undefined],
    ['a scale by lane', `qs = Mul(q, lanes) kt = Transpose<perm = [0, 1, 3, 2]>(k) sc = MatMul(qs, kt) p = Softmax<axis = -1>(sc) y = MatMul(p, v)`, undefined],
    ['a scale by place', `${scores} sm = Mul(sc, places) p = Softmax<axis = -1>(sm) y = MatMul(p, v)`, /Attention/],
    ['a mask behind the Softmax', `${scores} p = Softmax<axis = -1>(sc) pm = Mul(p, places) y = MatMul(pm, v)`, /Attention/],
    ['Softmax over the rows', `${scores} p = Softmax<axis = -2>(sc) y = MatMul(p, v)`, /Attention/],
    ['weights given out', `${scores} p = Softmax<axis = -1>(sc) y = MatMul(p, v)`, /Attention/, 'y p'],
    ['a mask that is not causal', `${scores} sm = Add(sc, places) p = Softmax<axis = -1>(sm) y = MatMul(p, v)`, undefined],
    ['keys turned into other heads', 'kt = Transpose<perm = [0, 1, 3, 2]>(k) odd = Reshape(kt, four) ko = Transpose<perm = [0, 1, 3, 2]>(odd) sc = MatMul(q, ko) p = Softmax<axis = -1>(sc) y = MatMul(p, v)', undefined],
    ['heads repeated in turn, not in groups', `k2 = Slice(k, at0, at2, at1) v2 = Slice(v, at0, at2, at1) k5 = Unsqueeze(k2, at1) v5 = Unsqueeze(v2, at1) ke = Expand(k5, twice) ve = Expand(v5, twice)
      kr = Reshape(ke, four) vr = Reshape(ve, four) kt = Transpose<perm = [0, 1, 3, 2]>(kr) sc = MatMul(q, kt) p = Softmax<axis = -1>(sc) y = MatMul(p, vr)`, undefined],
  ],
  'bias-split-gelu': [['narrower than its kernels', 's = Add(x, g) h1, h2 = Split<axis = -1>(s) d = Div(h2, root) e = Erf(d) p = Add(e, one) t = Mul(h2, p) gl = Mul(t, half) y = Mul(h1, gl)', /SplitGelu/]],
  gemm: [['a product of three axes', 'p = MatMul(x, mat) one3 = Constant<value_floats = [1.0, 2.0, 3.0]>() y = Add(p, one3)', /Gemm/]],
  'fused-matmul': [
    ['turned in other axes', 'n0 = ReduceMax<keepdims = 0>(x) cx = Mul(cubes, n0) u = Transpose<perm = [1, 0, 2]>(cx) p = MatMul(cx, u) y = Add(p, n0)', /FusedMatMul/],
    ['scaled by row', 't = Transpose<perm = [0, 2, 1]>(z) p = MatMul(x, t) y = Mul(p, rows)', undefined],
  ],
  'gemm-activation': [['the product given out', 'xf = Flatten<axis = 2>(x) p = Gemm(xf, mat) y = Relu(p)', /FusedGemm/, 'y p']],
  'conv-batch-norm': [
    ['batch norm that learns', 'cv = Conv<pads = [1, 1, 1, 1]>(c, w) y, rm, rv = BatchNormalization<training_mode = 1>(cv, g, b, m, var)', undefined, 'y rm rv'],
    ['the convolution given out', 'cv = Conv<pads = [1, 1, 1, 1]>(c, w) y = BatchNormalization(cv, g, b, m, var)', undefined, 'y cv'],
    ['a factor by place', 'cv = Conv<pads = [1, 1, 1, 1]>(c, w) y = Mul(cv, places)', undefined],
  ],
  'conv-activation': [['the convolution used twice', 'cv = Conv<pads = [1, 1, 1, 1]>(c, w) a = Relu(cv) y = Add(a, cv)', /FusedConv/]],
  'conv-phases': [
    ['two halves of a picture', `${halved} l = Slice(h, at0, at2, to, at1) r = Slice(h, at2, at4, to, at1) ${joined}`, undefined],
    ['every other column, but not to the end', `${halved} l = Slice(h, at0, at4, to, at2) r = Slice(h, at1, at4, to, at2) ${joined}`, undefined],
    ['the same columns twice', `${halved} l = Slice(h, at0, at5, to, at2) ${joined.replace('r)', 'l)')}`, undefined],
  ],
  'embedding-norm': [['a sum of two tables', 'e1 = Gather(table, ids) e2 = Gather(table, ids) s = Add(e1, e2) y = LayerNormalization(s, g8, b8)', /Embed/]],
  'qdq-propagation': [
    ['two scales', 'a = QuantizeLinear(x, s1, zp) d = DequantizeLinear(a, s1, zp) t = Transpose<perm = [0, 2, 1]>(d) e = QuantizeLinear(t, s2, zp) y = DequantizeLinear(e, s2, zp)', undefined],
  ],
} // prettier-ignore

test('every fusion has a neighbour that it leaves alone', () => {
  expect(Object.keys(near)).toEqual(fusions.map(({ name }) => name))
})

for (const [fusion, all] of Object.entries(near)) {
  for (const [title, steps, op, outputs] of all) {
    test(`${fusion}: ${title}`, async () => {
      const graph = graphOf(steps, outputs)
      for (const target of ['cpu', 'cuda']) {
        const { graph: fused } = fuseGraph(graph, { ...options, target })
        if (op) expect([...walk(fused)].map(({ node }) => node.op).filter(each => op.test(each))).toEqual([])
      }
      const fused = fuseGraph(graph, options).graph
      const ids = { dtype: 'int64' as const, shape: [2, 5], data: BigInt64Array.from({ length: 10 }, (_, at) => BigInt(at)) } // prettier-ignore
      const feeds = { ...feedsFor(graph, { seed: 3 }), ids }
      await expectSameOutputs(runtime, fused, graph, { feeds, atol: 2e-5, rtol: 1e-5 })
    })
  }
}

/** Kernels of ONNX Runtime's own operators for float64 there are none of, but for norms. */
const wide: Readonly<Record<string, readonly [steps: string, made: readonly string[]]>> = {
  'a norm of a sum': ['h = Add(x, z) q = Mul(h, h) v = ReduceMean<axes = [-1]>(q) e = Add(v, half) s = Sqrt(e) n = Div(h, s) y = Mul(n, g)', ['Add', 'SimplifiedLayerNormalization']],
  'GELU by tanh': ['q = Pow(x, three) w = Mul(q, k) s = Add(x, w) u = Mul(s, c) t = Tanh(u) p = Add(t, one) h = Mul(x, half) y = Mul(h, p)', ['Pow', 'Mul', 'Add', 'Mul', 'Tanh', 'Add', 'Mul', 'Mul']],
} // prettier-ignore
for (const [title, [steps, made]] of Object.entries(wide)) {
  test(`float64: ${title}`, async () => {
    const graph =
      parse(`<ir_version: 8, opset_import: ["": 17]> wide (double[2,3,4] x, double[2,3,4] z) => (double[2,3,4] y)
      <double[4] g = {0.1, 0.2, 0.3, 0.4}, double one = {1}, double half = {0.5}, double three = {3}, double k = {0.044715}, double c = {0.7978845608028654}> { ${steps} }`)
    const { graph: fused } = fuseGraph(graph, { target: 'cpu', rules: 'all', absorb: false })
    expect([...walk(fused)].map(({ node }) => node.op)).toEqual(made)
    await expectSameOutputs(runtime, fused, graph, {
      feeds: feedsFor(graph, { seed: 3 }),
      atol: 1e-9,
      rtol: 1e-9,
    })
  })
}
