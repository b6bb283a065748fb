// A denoiser as diffusers exports it, in small: time embedding, two levels, self-attention, cross-attention, a feed-forward
// and a skip. An exported U-Net has 2,000 nodes and takes a second to open; a thousand pairs cannot wait for that.
import { modelOf, type Model } from '@damson/core'
import { memoryTensor, onnx, type Tensor } from '@damson/graph'
import { seededNormal } from '@damson/testing/check'

/** sample [batch, 4, height, width], timestep [1], encoder_hidden_states [batch, sequence, 32] → out_sample like sample. */
export function attentionUnet(): Model {
  let seed = 100
  const w = (...shape: readonly number[]): Tensor => {
    const fanIn = shape.length === 4 ? shape.slice(1).reduce((a, b) => a * b, 1) : (shape[0] ?? 1)
    const count = shape.reduce((a, b) => a * b, 1)
    return memoryTensor('float32', shape, seededNormal(seed++, count, 1 / Math.sqrt(fanIn)))
  }
  const row = (length: number, value: (at: number) => number): Tensor =>
    memoryTensor(
      'float32',
      [length],
      Float32Array.from({ length }, (_, at) => value(at)),
    )
  const ones = row(64, () => 1)
  const graph = onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    unet (float[batch,4,height,width] sample, int64[1] timestep, float[batch,sequence,32] encoder_hidden_states)
      => (float[batch,4,height,width] out_sample)
    <float[16] frequencies = ${row(16, at => 10 ** (-at / 4))}, float[16,64] time1 = ${w(16, 64)}, float[64] time1_bias = ${w(64)},
     float[64,32] time2 = ${w(64, 32)}, float[32,4,3,3] enter = ${w(32, 4, 3, 3)}, float[8] gain8 = ${row(8, () => 1)}, float[8] shift8 = ${row(8, at => at / 8 - 0.5)},
     float[32,32,3,3] resnet = ${w(32, 32, 3, 3)}, float[64,32,3,3] down = ${w(64, 32, 3, 3)}, float[64] gain = ${ones}, float[64] shift = ${row(64, at => at / 64 - 0.5)},
     float[64,64] to_q = ${w(64, 64)}, float[64,64] to_k = ${w(64, 64)}, float[64,64] to_v = ${w(64, 64)}, float[64,64] to_out = ${w(64, 64)},
     float[64,64] cross_q = ${w(64, 64)}, float[32,64] cross_k = ${w(32, 64)}, float[32,64] cross_v = ${w(32, 64)}, float[64,64] cross_out = ${w(64, 64)},
     float[64,128] ff1 = ${w(64, 128)}, float[128,64] ff2 = ${w(128, 64)}, float[32,64,3,3] up = ${w(32, 64, 3, 3)}, float[32,64,3,3] merge = ${w(32, 64, 3, 3)},
     float[4,32,3,3] leave = ${w(4, 32, 3, 3)}, int64[2] axes = {2, 3}, int64[2] row16 = {1, 16}, int64[3] groups = {0, 8, -1}, int64[3] rows = {0, 64, -1}, float[4] twice = {1.0, 1.0, 2.0, 2.0}, float eighth = {0.125}>
    {
      ["/time/Cast"] t = Cast<to = 1>(timestep)
      ["/time/Mul"] ts = Mul(t, frequencies)
      ["/time/Sin"] tsin = Sin(ts)
      ["/time/Unsqueeze"] trow = Reshape(tsin, row16)
      ["/time/linear_1/Gemm"] t1 = Gemm(trow, time1, time1_bias)
      ["/time/act/Sigmoid"] t1s = Sigmoid(t1)
      ["/time/act/Mul"] t1a = Mul(t1, t1s)
      ["/time/linear_2/MatMul"] t2 = MatMul(t1a, time2)
      ["/time/Unsqueeze_1"] temb = Unsqueeze(t2, axes)
      ["/conv_in/Conv"] a = Conv<pads = [1, 1, 1, 1]>(sample, enter)
      ["/down_blocks.0/norm/Reshape"] ag = Reshape(a, groups)
      ["/down_blocks.0/norm/InstanceNormalization"] an = InstanceNormalization(ag, gain8, shift8)
      ["/down_blocks.0/norm/Shape"] ashape = Shape(a)
      ["/down_blocks.0/norm/Reshape_1"] ar = Reshape(an, ashape)
      ["/down_blocks.0/act/Sigmoid"] asig = Sigmoid(ar)
      ["/down_blocks.0/act/Mul"] aact = Mul(ar, asig)
      ["/down_blocks.0/conv/Conv"] ac = Conv<pads = [1, 1, 1, 1]>(aact, resnet)
      ["/down_blocks.0/time/Add"] at = Add(ac, temb)
      ["/down_blocks.0/Add"] skip = Add(a, at)
      ["/down_blocks.0/downsample/Conv"] b = Conv<pads = [1, 1, 1, 1], strides = [2, 2]>(skip, down)
      ["/mid_block/Shape"] bshape = Shape(b)
      ["/mid_block/Reshape"] brows = Reshape(b, rows)
      ["/mid_block/Transpose"] x = Transpose<perm = [0, 2, 1]>(brows)
      ["/mid_block/attn1/norm"] n1 = LayerNormalization<axis = -1>(x, gain, shift)
      ["/mid_block/attn1/to_q/MatMul"] q = MatMul(n1, to_q)
      ["/mid_block/attn1/to_k/MatMul"] k = MatMul(n1, to_k)
      ["/mid_block/attn1/to_v/MatMul"] v = MatMul(n1, to_v)
      ["/mid_block/attn1/Transpose"] kt = Transpose<perm = [0, 2, 1]>(k)
      ["/mid_block/attn1/MatMul"] s = MatMul(q, kt)
      ["/mid_block/attn1/Mul"] ss = Mul(s, eighth)
      ["/mid_block/attn1/Softmax"] p = Softmax<axis = -1>(ss)
      ["/mid_block/attn1/MatMul_1"] o = MatMul(p, v)
      ["/mid_block/attn1/to_out/MatMul"] oo = MatMul(o, to_out)
      ["/mid_block/Add"] y = Add(x, oo)
      ["/mid_block/attn2/norm"] n2 = LayerNormalization<axis = -1>(y, gain, shift)
      ["/mid_block/attn2/to_q/MatMul"] cq = MatMul(n2, cross_q)
      ["/mid_block/attn2/to_k/MatMul"] ck = MatMul(encoder_hidden_states, cross_k)
      ["/mid_block/attn2/to_v/MatMul"] cv = MatMul(encoder_hidden_states, cross_v)
      ["/mid_block/attn2/Transpose"] ckt = Transpose<perm = [0, 2, 1]>(ck)
      ["/mid_block/attn2/MatMul"] cs = MatMul(cq, ckt)
      ["/mid_block/attn2/Mul"] css = Mul(cs, eighth)
      ["/mid_block/attn2/Softmax"] cp = Softmax<axis = -1>(css)
      ["/mid_block/attn2/MatMul_1"] co = MatMul(cp, cv)
      ["/mid_block/attn2/to_out/MatMul"] coo = MatMul(co, cross_out)
      ["/mid_block/Add_1"] z = Add(y, coo)
      ["/mid_block/ff/norm"] n3 = LayerNormalization<axis = -1>(z, gain, shift)
      ["/mid_block/ff/net.0/MatMul"] f1 = MatMul(n3, ff1)
      ["/mid_block/ff/act/Relu"] f1a = Relu(f1)
      ["/mid_block/ff/net.2/MatMul"] f2 = MatMul(f1a, ff2)
      ["/mid_block/Add_2"] m = Add(z, f2)
      ["/mid_block/Transpose_1"] mt = Transpose<perm = [0, 2, 1]>(m)
      ["/mid_block/Reshape_1"] mb = Reshape(mt, bshape)
      ["/up_blocks.0/Resize"] u = Resize<mode = "nearest">(mb, , twice)
      ["/up_blocks.0/upsample/Conv"] uc = Conv<pads = [1, 1, 1, 1]>(u, up)
      ["/up_blocks.0/Concat"] j = Concat<axis = 1>(uc, skip)
      ["/up_blocks.0/conv/Conv"] jc = Conv<pads = [1, 1, 1, 1]>(j, merge)
      ["/up_blocks.0/act/Relu"] ja = Relu(jc)
      ["/conv_out/Conv"] out_sample = Conv<pads = [1, 1, 1, 1]>(ja, leave)
    }`
  return modelOf(graph, { name: 'unet', role: 'denoiser' })
}
