// Every form in which a weight may stand in a graph, one small graph each.
import { memoryTensor, onnx, type Graph, type Tensor } from '@damson/graph'
import { encodeFloats } from '@damson/numerics'
import { seededNormal } from '@damson/testing'

const matrix = (seed: number, shape: readonly number[]): Tensor => {
  const values = seededNormal(
    seed,
    shape.reduce((a, b) => a * b, 1),
  )
  return memoryTensor(
    'float32',
    shape,
    values.map(value => value * 0.1),
  )
}

export interface Form {
  readonly graph: Graph
  /** Operators that read codes afterwards. */
  readonly coded?: Readonly<Record<string, number>>
  /** Some weight has no product that DequantizeLinear could be fused with. */
  readonly slow?: true
}

const w = matrix(1, [64, 96])
const table = matrix(2, [96, 64])

export const weightForms: Readonly<Record<string, Form>> = {
  'MatMul, constant on the left': {
    graph: onnx`<opset_import: ["" : 17]> g (float[2,96,n] x) => (float[2,64,n] y) <float[64,96] w = ${w}> { y = MatMul(w, x) }`,
    slow: true,
  },
  'MatMul with a stack of matrices': {
    graph: onnx`<opset_import: ["" : 17]> g (float[3,n,64] x) => (float[3,n,48] y)
      <float[3,64,48] w = ${matrix(3, [3, 64, 48])}> { y = MatMul(x, w) }`,
    slow: true,
  },
  'MatMul with a stack of one': {
    graph: onnx`<opset_import: ["" : 17]> g (float[3,n,64] x) => (float[3,n,96] y)
      <float[1,64,96] w = ${matrix(4, [1, 64, 96])}> { y = MatMul(x, w) }`,
    coded: { MatMulNBits: 1 },
  },
  'MatMul behind a Transpose': {
    graph: onnx`<opset_import: ["" : 17]> g (float[2,n,64] x) => (float[2,n,96] y)
      <float[96,64] w = ${table}> { t = Transpose<perm = [1, 0]>(w) y = MatMul(x, t) }`,
    coded: { MatMulNBits: 1 },
  },
  'Gemm with alpha, beta and transA': {
    graph: onnx`<opset_import: ["" : 17]> g (float[64,n] x) => (float[n,96] y)
      <float[64,96] w = ${w}, float[96] c = ${matrix(5, [96])}>
      { y = Gemm<alpha = 0.5, beta = 2.0, transA = 1>(x, w, c) }`,
    coded: { MatMulNBits: 1 },
  },
  'Gemm with alpha alone': {
    graph: onnx`<opset_import: ["" : 17]> g (float[n,64] x) => (float[n,96] y)
      <float[96,64] w = ${table}> { y = Gemm<alpha = 0.5, transB = 1>(x, w) }`,
    coded: { MatMulNBits: 1 },
  },
  'Gemm, constant on the left': {
    graph: onnx`<opset_import: ["" : 17]> g (float[96,n] x) => (float[64,n] y) <float[64,96] w = ${w}> { y = Gemm(w, x) }`,
    slow: true,
  },
  'Conv in one dimension': {
    graph: onnx`<opset_import: ["" : 17]> g (float[1,32,n] x) => (float[1,48,m] y)
      <float[48,32,5] w = ${matrix(6, [48, 32, 5])}> { y = Conv<pads = [2, 2]>(x, w) }`,
    slow: true,
  },
  'Conv in two dimensions, grouped': {
    graph: onnx`<opset_import: ["" : 17]> g (float[1,64,8,8] x) => (float[1,64,6,6] y)
      <float[64,16,3,3] w = ${matrix(7, [64, 16, 3, 3])}> { y = Conv<group = 4>(x, w) }`,
    slow: true,
  },
  'Conv in two dimensions, depthwise': {
    graph: onnx`<opset_import: ["" : 17]> g (float[1,256,8,8] x) => (float[1,256,6,6] y)
      <float[256,1,3,3] w = ${matrix(8, [256, 1, 3, 3])}> { y = Conv<group = 256>(x, w) }`,
    slow: true,
  },
  'Conv in three dimensions': {
    graph: onnx`<opset_import: ["" : 17]> g (float[1,8,6,6,6] x) => (float[1,16,4,4,4] y)
      <float[16,8,3,3,3] w = ${matrix(9, [16, 8, 3, 3, 3])}> { y = Conv(x, w) }`,
    slow: true,
  },
  'Conv before opset 10': {
    graph: onnx`<opset_import: ["" : 9]> g (float[1,32,8,8] x) => (float[1,48,6,6] y)
      <float[48,32,3,3] w = ${matrix(10, [48, 32, 3, 3])}> { y = Conv(x, w) }`,
    slow: true,
  },
  'transposed convolution': {
    graph: onnx`<opset_import: ["" : 17]> g (float[1,32,8,8] x) => (float[1,48,10,10] y)
      <float[32,48,3,3] w = ${matrix(11, [32, 48, 3, 3])}> { y = ConvTranspose(x, w) }`,
    slow: true,
  },
  LSTM: {
    graph: onnx`<opset_import: ["" : 14]> g (float[n,2,40] x) => (float[n,1,2,24] y)
      <float[1,96,40] w = ${matrix(12, [1, 96, 40])}, float[1,96,24] r = ${matrix(13, [1, 96, 24])}>
      { y = LSTM<hidden_size = 24>(x, w, r) }`,
    slow: true,
  },
  GRU: {
    graph: onnx`<opset_import: ["" : 14]> g (float[n,2,40] x) => (float[n,2,2,24] y)
      <float[2,72,40] w = ${matrix(14, [2, 72, 40])}, float[2,72,24] r = ${matrix(15, [2, 72, 24])}>
      { y = GRU<hidden_size = 24, direction = "bidirectional">(x, w, r) }`,
    slow: true,
  },
  RNN: {
    graph: onnx`<opset_import: ["" : 14]> g (float[n,2,40] x) => (float[n,1,2,64] y)
      <float[1,64,40] w = ${matrix(16, [1, 64, 40])}, float[1,64,64] r = ${matrix(17, [1, 64, 64])}>
      { y = RNN<hidden_size = 64>(x, w, r) }`,
    slow: true,
  },
  'experts that are looked up': {
    graph: onnx`<opset_import: ["" : 17]> g (int64[2] i, float[2,n,64] x) => (float[2,n,48] y)
      <float[4,64,48] w = ${matrix(18, [4, 64, 48])}> { e = Gather(w, i) y = MatMul(x, e) }`,
    slow: true,
  },
  'a Constant node': {
    graph: onnx`<opset_import: ["" : 17]> g (float[n,64] x, float[96,m] z) => (float[n,96] y, float[64,m] v)
      { w = Constant<value = ${w}>() y = MatMul(x, w) k = Constant<value = ${matrix(19, [64, 96])}>() v = MatMul(k, z) }`,
    coded: { MatMulNBits: 1 },
    slow: true,
  },
  'a head tied to the table': {
    graph: onnx`<opset_import: ["" : 17]> g (int64[1,n] i) => (float[1,n,96] y)
      <float[96,64] w = ${table}> { h = Gather(w, i) t = Transpose<perm = [1, 0]>(w) y = MatMul(h, t) }`,
    coded: { MatMulNBits: 1, GatherBlockQuantized: 1 },
  },
  'a Gemm tied to the table': {
    graph: onnx`<opset_import: ["" : 17]> g (int64[n] i) => (float[n,96] y)
      <float[96,64] w = ${table}> { h = Gather(w, i) y = Gemm<transB = 1>(h, w) }`,
    coded: { MatMulNBits: 1, GatherBlockQuantized: 1 },
  },
  'one weight, used along both axes': {
    graph: onnx`<opset_import: ["" : 17]> g (float[n,64] x) => (float[n,64] y)
      <float[64,96] w = ${w}> { h = MatMul(x, w) y = Gemm<transB = 1>(h, w) }`,
    coded: { MatMulNBits: 1 },
    slow: true,
  },
  'a table whose rows are no whole blocks': {
    graph: onnx`<opset_import: ["" : 17]> g (int64[n] i, float[n,40] x) => (float[n,40] y, float[n,96] v)
      <float[96,40] w = ${matrix(20, [96, 40])}> { y = Gather(w, i) v = Gemm<transB = 1>(x, w) }`,
    coded: { MatMulNBits: 1 },
  },
  'bodies of an If, weights of their own and from outside': {
    graph: onnx`<opset_import: ["" : 17]> g (bool gate, float[1,64,8,8] x) => (float[1,64,8,8] y)
      <float[64,64,1,1] shared = ${matrix(21, [64, 64, 1, 1])}>
      { y = If (gate) <
          then_branch = t () => (float[1,64,8,8] p) <float[64,64,1,1] own = ${matrix(22, [64, 64, 1, 1])}> { h = Conv(x, shared)  p = Conv(h, own) },
          else_branch = e () => (float[1,64,8,8] q) { q = Conv(x, shared) }
      > }`,
    slow: true,
  },
  'the body of a Loop': {
    graph: onnx`<opset_import: ["" : 17]> g (float[n,64] x) => (float[n,64] y)
      <int64 count = {3}, bool yes = {1}>
      { y = Loop (count, yes, x) <
          body = b (int64 i, bool go, float[n,64] h) => (bool on, float[n,64] next)
            <float[64,64] own = ${matrix(23, [64, 64])}> { on = Identity(go) m = MatMul(h, own) next = Tanh(m) }
      > }`,
    coded: { MatMulNBits: 1 },
  },
  'half precision, decoded': {
    graph: onnx`<opset_import: ["" : 17]> g (float16[1,32,8,8] x) => (float16[1,48,6,6] y)
      <float16[48,32,3,3] w = ${memoryTensor('float16', [48, 32, 3, 3], encodeFloats(seededNormal(24, 48 * 32 * 9), 'float16'))}> { y = Conv(x, w) }`,
    slow: true,
  },
  'half precision, tied': {
    graph: onnx`<opset_import: ["" : 17]> g (int64[n] i) => (float16[n,96] y)
      <float16[96,64] w = ${memoryTensor('float16', [96, 64], encodeFloats(seededNormal(25, 96 * 64), 'float16'))}>
      { h = Gather(w, i) y = Gemm<transB = 1>(h, w) }`,
    coded: { MatMulNBits: 1, GatherBlockQuantized: 1 },
  },
}
