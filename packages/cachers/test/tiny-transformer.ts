// A diffusion transformer that fits on a page: a block of self-attention and one of cross-attention, each with a feed-forward, modulated by time. What the
// conformance suite runs; the real ones of the zoo cost it seconds a check.
import { modelOf, type Model } from '@damson/core'
import { memoryTensor, onnx, type Tensor } from '@damson/graph'
import { seededNormal } from '@damson/testing'

function weight(seed: number, shape: readonly number[]): Tensor {
  const count = shape.reduce((a, b) => a * b, 1)
  return memoryTensor('float32', shape, seededNormal(seed, count, 0.25))
}

/** hidden_states [batch, tokens, 16], timestep [batch], encoder_hidden_states [batch, text, 16] → out of the first's shape. */
export function tinyTransformer(): Model {
  const w = (seed: number): Tensor => weight(seed, [16, 16])
  const graph = onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    dit (float[batch,tokens,16] hidden_states, float[batch] timestep, float[batch,text,16] encoder_hidden_states) => (float[batch,tokens,16] out)
    <float[1,16] time = ${weight(1, [1, 16])}, float[16] gain = ${weight(2, [16])}, float[16] shift = ${weight(3, [16])}, int64[2] axes = {1, 2},
     float[16,16] q0 = ${w(4)}, float[16,16] k0 = ${w(5)}, float[16,16] v0 = ${w(6)}, float[16,16] o0 = ${w(7)}, float[16,16] u0 = ${w(8)}, float[16,16] d0 = ${w(9)},
     float[16,16] q1 = ${w(10)}, float[16,16] k1 = ${w(11)}, float[16,16] v1 = ${w(12)}, float[16,16] o1 = ${w(13)}, float[16,16] u1 = ${w(14)}, float[16,16] d1 = ${w(15)}, float[16,16] leave = ${w(16)}>
    {
      [t_row] t = Unsqueeze(timestep, axes)
      [t_embed] temb = MatMul(t, time)
      [norm0] n0 = LayerNormalization<axis = -1>(hidden_states, gain, shift)
      [mod0] m0 = Mul(n0, temb)
      [to_q0] a0 = MatMul(m0, q0)
      [to_k0] b0 = MatMul(m0, k0)
      [turn0] c0 = Transpose<perm = [0, 2, 1]>(b0)
      [scores0] s0 = MatMul(a0, c0)
      [soft0] p0 = Softmax<axis = -1>(s0)
      [to_v0] e0 = MatMul(m0, v0)
      [mix0] f0 = MatMul(p0, e0)
      [to_out0] g0 = MatMul(f0, o0)
      [add0] x1 = Add(hidden_states, g0)
      [norm1] n1 = LayerNormalization<axis = -1>(x1, gain, shift)
      [up0] h0 = MatMul(n1, u0)
      [act0] i0 = Relu(h0)
      [down0] j0 = MatMul(i0, d0)
      [add1] x2 = Add(x1, j0)
      [norm2] n2 = LayerNormalization<axis = -1>(x2, gain, shift)
      [mod1] m1 = Mul(n2, temb)
      [to_q1] a1 = MatMul(m1, q1)
      [to_k1] b1 = MatMul(encoder_hidden_states, k1)
      [turn1] c1 = Transpose<perm = [0, 2, 1]>(b1)
      [scores1] s1 = MatMul(a1, c1)
      [soft1] p1 = Softmax<axis = -1>(s1)
      [to_v1] e1 = MatMul(encoder_hidden_states, v1)
      [mix1] f1 = MatMul(p1, e1)
      [to_out1] g1 = MatMul(f1, o1)
      [add2] x3 = Add(x2, g1)
      [norm3] n3 = LayerNormalization<axis = -1>(x3, gain, shift)
      [up1] h1 = MatMul(n3, u1)
      [act1] i1 = Relu(h1)
      [down1] j1 = MatMul(i1, d1)
      [add3] x4 = Add(x3, j1)
      [leave_matmul] out = MatMul(x4, leave)
    }`
  return modelOf(graph, { role: 'denoiser' })
}
