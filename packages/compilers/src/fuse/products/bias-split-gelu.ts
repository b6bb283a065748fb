// The gated layer of Stable Diffusion's U-Net:
//   BiasSplitGelu(x, b) = l·gelu(r)   with   [l r] = x + b
// ONNX Runtime's WebGPU and CUDA kernels take the widths of those models only.
import { anyOf, constantNumbers, intOf, ms, op, rank, refuse, rule, type Rule } from '@damson/graph'

/** Widths that the kernels are compiled for. Source: onnxruntime contrib_ops, bias_split_gelu. */
const widths: readonly number[] = [2560, 5120, 10240]

/** x + b, split in two halves of the last axis, the left times Gelu of the right ⇒ BiasSplitGelu. */
export const biasSplitGelu: Rule = rule('bias-split-gelu', ['x', 'bias', 'sizes?', 'left'], {
  match: ({ x, bias, sizes, left }) => {
    const [l, r] = op.Split(op.Add(x, bias), sizes).outputs(2)
    const [value, gate] = [l.as(left), r]
    return op.Mul(value, anyOf(ms.Gelu(gate), op.Gelu(gate, { approximate: 'none' })))
  },
  check: ({ x, bias, sizes, left }) => {
    if (x.dtype !== 'float32' && x.dtype !== 'float16') return refuse('is not of float32 or float16', x)
    const width = x.shape?.at(-1)
    if (rank(x) !== 3 || typeof width !== 'number') return refuse('is not of rank 3 and known width', x)
    if (!widths.includes(width)) return refuse(`is not ${widths.join(', ')} wide, as the kernels want it`, x)
    const axis = intOf(left, 'axis', 0)
    if (axis !== -1 && axis !== 2) return refuse('is not split along the last axis', left)
    const given = sizes ? constantNumbers(sizes) : [width / 2, width / 2]
    if (given?.length !== 2 || given[0] !== given[1]) return refuse('is not split in two halves', left)
    return (rank(bias) === 1 && bias.shape?.[0] === width) || refuse('is not as wide as x', bias)
  },
  build: ({ x, bias }) => ms.BiasSplitGelu(x, bias),
})
