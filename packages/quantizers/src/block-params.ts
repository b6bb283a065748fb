// The parameters of everything that emits block-wise coded weights, whichever way the codes are found.
import { flag, int, oneOf } from '@damson/core'

const blockSizes = [16, 32, 64, 128, 256] as const

const blocks = {
  /** Bits of a code. */
  bits: oneOf({ options: [2, 4, 8], default: 4, doc: 'Bits of a code.' }),
  /** Numbers that share a scale: a power of two. */
  blockSize: oneOf({ options: blockSizes, default: 32, doc: 'Numbers that share a scale.' }),
  /** Without zero points: a little smaller, a little less exact. `auto`: on webgpu, whose fused kernels read no others. */
  symmetric: flag({
    or: ['auto'],
    default: 'auto',
    doc: 'Without zero points: a little smaller, a little less exact. auto: on webgpu, whose fused kernels read no others.',
  }),
  /** `nbits`: operators of ONNX Runtime that read codes. `qdq`: DequantizeLinear in front of plain operators (opset 21). */
  format: oneOf({
    options: ['nbits', 'qdq'],
    default: 'nbits',
    doc: 'nbits: operators of ONNX Runtime that read codes; qdq: DequantizeLinear in front of plain operators (opset 21).',
  }),
  /** Code embedding tables too. */
  embeddings: flag({ default: true, doc: 'Code embedding tables too.' }),
  /** Code weights of convolutions too: a smaller file; they are decoded when a session is made and run as before. */
  convs: flag({
    default: false,
    doc: 'Code weights of convolutions too: a smaller file; they are decoded when a session is made and run as before.',
  }),
  /** Arithmetic of the product: 0 the runtime's choice, 1 fp32, 2 fp16, 3 bf16, 4 int8 activations; `auto`: 4 on cpu. */
  accuracyLevel: int({
    min: 0,
    max: 4,
    or: ['auto'],
    default: 'auto',
    doc: 'Arithmetic of the product: 0 left to the runtime, 1 fp32, 2 fp16, 3 bf16, 4 int8 activations. auto: 4 on cpu, else 0.',
  }),
}

/** What `blockParams` gives; an algorithm spreads it and adds its own. */
export type BlockParams = typeof blocks

/** The parameters, with the block size that suits the way in which codes are found. */
export function blockParams({ blockSize }: { readonly blockSize: (typeof blockSizes)[number] }): BlockParams {
  return { ...blocks, blockSize: { ...blocks.blockSize, default: blockSize } }
}
