// How many nodes will really run in integers: read from the graph that ONNX Runtime makes of the coded model, not assumed.
import { walk, type Graph } from '@damson/graph'

/** Integer kernels of products, and the float ones that are left when no kernel was found. */
const integerKernels = new Set([
  'QLinearConv', 'ConvInteger', 'QLinearMatMul', 'MatMulInteger', 'MatMulIntegerToFloat', 'DynamicQuantizeMatMul', 'QGemm',
]) // prettier-ignore
const floatKernels = new Set([
  'Conv',
  'FusedConv',
  'ConvTranspose',
  'MatMul',
  'FusedMatMul',
  'FusedGemm',
  'Gemm',
])

export interface KernelCounts {
  /** Products that run in integers. */
  readonly integer: number
  /** Products in floating point, those of two activations among them. */
  readonly float: number
  /** Products of float activations that ONNX Runtime codes itself, block by block, beside the codes of the weight (MatMulNBits). */
  readonly byBlock: number
  /** Times that an activation is coded or decoded in a run. */
  readonly converted: number
}

/** Counts the kernels of an optimized graph. */
export function kernelCounts(optimized: Graph): KernelCounts {
  const count = (has: (op: string) => boolean): number =>
    [...walk(optimized)].filter(({ node }) => has(node.op)).length
  return {
    integer: count(op => integerKernels.has(op)),
    float: count(op => floatKernels.has(op)),
    byBlock: count(op => op === 'MatMulNBits'),
    converted: count(op => op === 'QuantizeLinear' || op === 'DequantizeLinear'),
  }
}

/** The sentence of the report. `coded`: products whose weights were coded; `kept`: those that stay in floating point by choice. */
export function kernelReport(
  part: string,
  { integer, float, byBlock, converted }: KernelCounts,
  kept: readonly string[],
): string {
  const names = `${kept.slice(0, 5).join(', ')}${kept.length > 5 ? ', …' : ''}`
  const floats =
    kept.length === 0
      ? ''
      : ` ${kept.length} ${kept.length === 1 ? 'node stays' : 'nodes stay'} in floating point, too sensitive or faster there: ${names}.`
  const blocks =
    byBlock === 0 ? '' : ` ${byBlock} code their activations block by block as they run (MatMulNBits).`
  return `Part "${part}": ${integer} of ${integer + float + byBlock} products run in integers, with ${converted} conversions.${blocks}${floats}`
}
