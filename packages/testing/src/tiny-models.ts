// Models that fit on a page: enough structure for an algorithm to bite on, small enough for a test to run in milliseconds.
// Weights are seeded random numbers.
import { modelOf, type Model, type Part } from '@damson/core'
import { memoryTensor, onnx, type Graph, type Tensor } from '@damson/graph'
import { seededNormal } from './seeded.ts'

/** A weight of N(0, 1/fan-in) numbers: fan-in is the product of all dims but the last, or of all but the first for Conv. */
function weight(seed: number, shape: readonly number[], fanIn: number): Tensor {
  const count = shape.reduce((a, b) => a * b, 1)
  return memoryTensor('float32', shape, seededNormal(seed, count, 1 / Math.sqrt(fanIn)))
}

const model = (graph: Graph, role: Part['role']): Model => modelOf(graph, { role })

/** Two linear layers with a bias and Gelu between: x [batch, 64] → y [batch, 32]. */
export function tinyMlp(): Model {
  const graph = onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    mlp (float[batch,64] x) => (float[batch,32] y)
    <float[64,96] up = ${weight(1, [64, 96], 64)}, float[96] bias = ${weight(2, [96], 4)}, float[96,32] down = ${weight(3, [96, 32], 96)}>
    {
      [up_matmul] a = MatMul(x, up)
      [up_add] b = Add(a, bias)
      [relu] c = Relu(b)
      [down_matmul] y = MatMul(c, down)
    }`
  return model(graph, 'main')
}

/** An embedding, a norm, attention-free mixing and a head: input_ids [batch, sequence] → logits [batch, sequence, 64]. */
export function tinyEncoder(): Model {
  const graph = onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    encoder (int64[batch,sequence] input_ids) => (float[batch,sequence,64] logits)
    <float[64,64] table = ${weight(4, [64, 64], 64)}, float[64] gain = ${weight(5, [64], 1)}, float[64] shift = ${weight(6, [64], 4)},
     float[64,128] up = ${weight(7, [64, 128], 64)}, float[128,64] down = ${weight(8, [128, 64], 128)}, float[64,64] head = ${weight(9, [64, 64], 64)}>
    {
      [embed] e = Gather<axis = 0>(table, input_ids)
      [norm] n = LayerNormalization<axis = -1>(e, gain, shift)
      [up_matmul] u = MatMul(n, up)
      [gate] g = Sigmoid(u)
      [silu] s = Mul(u, g)
      [down_matmul] d = MatMul(s, down)
      [residual] r = Add(e, d)
      [head_matmul] logits = MatMul(r, head)
    }`
  return model(graph, 'text-encoder')
}

/** Two convolutions with a norm, pooling and a Gemm: image [batch, 3, 16, 16] → logits [batch, 10]. */
export function tinyConvNet(): Model {
  const graph = onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    convnet (float[batch,3,16,16] image) => (float[batch,10] logits)
    <float[16,3,3,3] stem = ${weight(10, [16, 3, 3, 3], 27)}, float[16] gamma = ${weight(11, [16], 1)}, float[16] beta = ${weight(12, [16], 4)},
     float[16] mean = ${weight(13, [16], 4)}, float[16] variance = ${memoryTensor(
       'float32',
       [16],
       seededNormal(14, 16).map(x => 0.5 + x * x),
     )},
     float[32,16,3,3] conv = ${weight(15, [32, 16, 3, 3], 144)}, float[10,32] head = ${weight(16, [10, 32], 32)}, float[10] bias = ${weight(17, [10], 4)}>
    {
      [stem_conv] a = Conv<pads = [1, 1, 1, 1]>(image, stem)
      [stem_norm] b = BatchNormalization(a, gamma, beta, mean, variance)
      [stem_relu] c = Relu(b)
      [conv2] d = Conv<pads = [1, 1, 1, 1], strides = [2, 2]>(c, conv)
      [conv2_relu] e = Relu(d)
      [pool] f = GlobalAveragePool(e)
      [flatten] g = Flatten(f)
      [classify] logits = Gemm<transB = 1>(g, head, bias)
    }`
  return model(graph, 'classifier')
}

/** A denoiser with one skip connection, down and up: sample [batch, 4, 8, 8], timestep [1] → out_sample of the same shape. */
export function tinyUnet(): Model {
  const graph = onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    unet (float[batch,4,height,width] sample, int64[1] timestep) => (float[batch,4,height,width] out_sample)
    <float[16,4,3,3] enter = ${weight(20, [16, 4, 3, 3], 36)}, float[32,16,3,3] down = ${weight(21, [32, 16, 3, 3], 144)},
     float[32,32] middle = ${weight(22, [32, 32], 32)}, float[16,32,3,3] up = ${weight(23, [16, 32, 3, 3], 288)},
     float[4,32,3,3] leave = ${weight(24, [4, 32, 3, 3], 288)}, float[1,32] time = ${weight(25, [1, 32], 4)}, float[4] scales = {1.0, 1.0, 2.0, 2.0}>
    {
      [enter_conv] a = Conv<pads = [1, 1, 1, 1]>(sample, enter)
      [down_conv] b = Conv<pads = [1, 1, 1, 1], strides = [2, 2]>(a, down)
      [time_cast] tf = Cast<to = 1>(timestep)
      thousand = Constant<value_float = 1000.0>()
      [time_scale] ts = Div(tf, thousand)
      [time_row] tr = Mul(ts, time)
      [rows] axes = Constant<value_ints = [2, 3]>()
      [time_shape] tt = Unsqueeze(tr, axes)
      [time_add] c = Add(b, tt)
      [to_last] d = Transpose<perm = [0, 2, 3, 1]>(c)
      [middle_matmul] e = MatMul(d, middle)
      [to_first] f = Transpose<perm = [0, 3, 1, 2]>(e)
      [middle_relu] g = Relu(f)
      [grow] h = Resize<mode = "nearest">(g, , scales)
      [up_conv] i = Conv<pads = [1, 1, 1, 1]>(h, up)
      [skip] j = Concat<axis = 1>(a, i)
      [leave_conv] out_sample = Conv<pads = [1, 1, 1, 1]>(j, leave)
    }`
  return model(graph, 'denoiser')
}

/** A gated recurrence and a head: x [sequence, batch, 32] → y [sequence, batch, 16]. No operator of it reads codes. */
export function tinyRecurrent(): Model {
  const graph = onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    recurrent (float[sequence,batch,32] x) => (float[sequence,batch,16] y)
    <float[1,144,32] gates = ${weight(30, [1, 144, 32], 32)}, float[1,144,48] recurrence = ${weight(31, [1, 144, 48], 48)},
     float[48,16] head = ${weight(32, [48, 16], 48)}, int64[1] direction = {1}>
    {
      [gru] h = GRU<hidden_size = 48>(x, gates, recurrence)
      [drop_direction] s = Squeeze(h, direction)
      [head_matmul] y = MatMul(s, head)
    }`
  return model(graph, 'main')
}

/** All of them by name. */
export const tinyModels: Readonly<Record<'mlp' | 'encoder' | 'convNet' | 'unet' | 'recurrent', () => Model>> =
  {
    mlp: tinyMlp,
    encoder: tinyEncoder,
    convNet: tinyConvNet,
    unet: tinyUnet,
    recurrent: tinyRecurrent,
  }
