// What the parameters of block-wise codes come to on a target and an opset, and what is refused there.
import type { Context } from '@damson/core'
import { isRefusal, refuse, upgradeOpset, type Graph, type Refusal } from '@damson/graph'
import type { BlockParams } from './block-params.ts'
import type { BlockChoice } from './block-weights.ts'

type Given = Pick<Context<BlockParams>, 'params' | 'target'>

/** How weights are coded where nothing says it for each of them. */
export function choiceOf({ params, target }: Given): BlockChoice {
  const { bits, blockSize, symmetric } = params
  // Fused kernels of WebGPU (MatMulNBitsMlp, MatMulNBitsQkv) take 4 bits, blocks of 32, no zero points.
  return { bits, blockSize, symmetric: symmetric === 'auto' ? target === 'webgpu' : symmetric }
}

/** `accuracy_level` of what is emitted. */
export function accuracyLevelOf({ params, target }: Given): number {
  if (params.accuracyLevel !== 'auto') return params.accuracyLevel
  // Measured: int8 activations make one row 9 times faster than fp32 on CPU; other targets choose for themselves.
  return target.startsWith('cpu') ? 4 : 0
}

/** The graph in an opset that has what will read the codes, or why nothing there reads them. */
export function readable(graph: Graph, { params, target }: Given): Graph | Refusal {
  const { format, bits, accuracyLevel } = params
  if (format === 'nbits') {
    // Mod and Slice, which decode, came with opset 10. Where a graph cannot follow, products are coded all the same.
    const upgraded = upgradeOpset(graph, 10)
    return isRefusal(upgraded) ? graph : upgraded
  }
  if (bits === 2)
    return refuse('format qdq has no 2 bits: DequantizeLinear reads them from opset 25 on; take nbits')
  if (accuracyLevel !== 'auto')
    return refuse(
      'accuracyLevel belongs to MatMulNBits, which format qdq leaves to the session; take nbits, or auto',
    )
  if (target === 'webgpu' && !choiceOf({ params, target }).symmetric)
    return refuse(
      'webgpu reads blocked zero points of DequantizeLinear wrongly before ONNX Runtime 1.25; take nbits, or symmetric',
    )
  return upgradeOpset(graph, 21)
}
