export { NumericsError } from './error.ts'
export { blockSizes } from './block-spec.ts'
export type { BlockBits, BlockRule, BlockSizes, BlockSpec } from './block-spec.ts'
export { hasFloatZeroPoints } from './block-search.ts'
export type { BlockSearch, HalfQuadratic } from './block-search.ts'
export { createKernel } from './kernel.ts'
export type { Kernel, KernelOptions } from './kernel.ts'
export { blockSlices, blockStreamBytes } from './block-plan.ts'
export type { BandOptions } from './block-plan.ts'
export type { BlockRows, BlockStream } from './block-stream.ts'
export { openThreadBlocks, threadBase, threadProgram, threadStart } from './thread-kernel.ts'
export type { KernelThread, ThreadBlockStream, ThreadJob, ThreadPush, ThreadResult } from './thread-kernel.ts'
export { dequantizeBlocks, quantizeBlocks } from './quantize-blocks.ts'
export type { CodedBlocks } from './quantize-blocks.ts'
export { codeBookValues, dequantizeByBook, quantizeByBook } from './code-book.ts'
export type { BookBlocks, CodeBook } from './code-book.ts'
export {
  flipCodeSigns,
  packCodes,
  packedBytes,
  packThrough,
  unpackCodes,
  unpackSignedCodes,
} from './packing.ts'
export type { CodeBits } from './packing.ts'
export { decodeFloats, encodeFloats, roundToFloat16 } from './narrow-float.ts'
export type { EncodeOptions } from './narrow-float.ts'
export type { NarrowFloat } from './narrow-float-format.ts'
export type { NarrowType } from './engine.ts'
export type { NarrowBand, NarrowSpec, NarrowStream } from './narrow-stream.ts'
export { decodeScales, encodeScales } from './scale-float.ts'
export type { ScaleEncodeOptions } from './scale-float.ts'
export { linearCodeRange, linearParameters } from './linear-rule.ts'
export type { LinearFormat, LinearParameters, LinearType } from './linear-rule.ts'
export { linearShape } from './linear-shape.ts'
export type { LinearShape } from './linear-shape.ts'
export type {
  LinearRows,
  LinearScales,
  LinearSpec,
  LinearStream,
  Ranges,
  RangeStream,
} from './linear-stream.ts'
export { linearScales, linearTypeRange, quantizeLinear } from './quantize-linear.ts'
export type { CodedLinear } from './quantize-linear.ts'
export type { Observer, Range } from './observers/observer.ts'
export { createMovingAverageObserver, createRangeObserver } from './observers/range-observer.ts'
export type { MovingAverageOptions } from './observers/range-observer.ts'
export { createChannelObserver } from './observers/channel-observer.ts'
export type { ChannelObserver, ChannelRanges } from './observers/channel-observer.ts'
export { createMomentsObserver } from './observers/moments-observer.ts'
export type { Moments } from './observers/moments-observer.ts'
export { absoluteQuantile, createHistogramObserver, quantile } from './observers/histogram-observer.ts'
export type { Histogram, HistogramOptions } from './observers/histogram-observer.ts'
export { solveLinear } from './solve-linear.ts'
