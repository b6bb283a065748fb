// Which steps need what. Every step of every operator between opsets 7 and 24 whose signature changed stands in one of the
// two tables; a test over all schemas sees to it. Steps that stand in neither changed types only.
import {
  clip, dftAxis, dropoutRatio, intsToInputs, pad, topK, upsampleScales,
} from './attributes-to-inputs.ts' // prettier-ignore
import {
  batchNormalizationOutputs, batchNormalizationSpatial, dropoutMask, flattenedAxis, gridSampleModes, groupToChannelScale,
  resizeFromCorner, resizeModes, roiAlignPixels, scatterToElements, splitCount, upsampleToResize, withoutSuccessor,
} from './changed-meaning.ts' // prettier-ignore
import type { Adapter } from './step.ts'

const axesToInput = intsToInputs('axes')

/** Operator, then the version that the adapter leads to. */
export const adapters: Readonly<Record<string, Readonly<Record<number, Adapter>>>> = {
  BatchNormalization: { 9: batchNormalizationSpatial, 14: batchNormalizationOutputs },
  Clip: { 11: clip },
  DFT: { 20: dftAxis },
  Dropout: { 10: dropoutMask, 12: dropoutRatio },
  GridSample: { 20: gridSampleModes },
  GroupNormalization: { 21: groupToChannelScale },
  Hardmax: { 13: flattenedAxis },
  LogSoftmax: { 13: flattenedAxis },
  Pad: { 11: pad },
  ReduceL1: { 18: axesToInput },
  ReduceL2: { 18: axesToInput },
  ReduceLogSum: { 18: axesToInput },
  ReduceLogSumExp: { 18: axesToInput },
  ReduceMax: { 18: axesToInput },
  ReduceMean: { 18: axesToInput },
  ReduceMin: { 18: axesToInput },
  ReduceProd: { 18: axesToInput },
  ReduceSum: { 13: axesToInput },
  ReduceSumSquare: { 18: axesToInput },
  Resize: { 11: resizeFromCorner, 18: resizeModes },
  RoiAlign: { 16: roiAlignPixels },
  Scan: { 9: withoutSuccessor('Scan of opset 8 ran over a batch of sequences, which has no successor') },
  Scatter: { 11: scatterToElements },
  Slice: { 10: intsToInputs('starts', 'ends', 'axes') },
  Softmax: { 13: flattenedAxis },
  Split: { 13: intsToInputs('split'), 18: splitCount },
  Squeeze: { 13: axesToInput },
  TopK: { 10: topK },
  Unsqueeze: { 13: axesToInput },
  Upsample: { 9: upsampleScales, 10: upsampleToResize },
}

/**
 * Steps that added an optional input, output or attribute whose default is what the operator did before, or made something
 * optional: the node stays as it is.
 */
export const harmless: Readonly<Record<string, readonly number[]>> = {
  ArgMax: [12],
  ArgMin: [12],
  Attention: [24],
  AveragePool: [10, 19],
  Cast: [19, 24],
  CastLike: [19, 24],
  Constant: [11, 12],
  DepthToSpace: [11],
  DequantizeLinear: [13, 21, 23],
  GatherND: [12],
  Gemm: [11],
  GRU: [14],
  LpPool: [18],
  LSTM: [14],
  MaxPool: [8, 10],
  OptionalHasElement: [18],
  Pad: [18],
  QuantizeLinear: [13, 19, 21, 23],
  Reshape: [14],
  Resize: [13],
  RNN: [14],
  ScatterElements: [16],
  ScatterND: [16],
  Shape: [15],
  TopK: [11],
}
