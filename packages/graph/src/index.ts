export * from './draft.ts'
export * from './dtype.ts'
export * from './error.ts'
export * from './ir.ts'
export * from './order.ts'
export * from './scope.ts'
export * from './storage.ts'
export * from './tensor.ts'
export { nestedBodies } from './uses.ts'
export * from './weights.ts'
export * from './ops/algebra.ts'
export * from './ops/cpu-kernels.ts'
export { ms, type MicrosoftOperators } from './ops/microsoft-operators.generated.ts'
export { op, type OnnxOperators } from './ops/onnx-operators.generated.ts'
export { printTerm } from './ops/print-term.ts'
export * from './ops/schema.ts'
export {
  anyOf,
  call,
  Choice,
  Constant,
  constant,
  Term,
  Variable,
  type AttributeGiven,
  type Attributes,
  type Call,
  type ConstantOptions,
  type In,
} from './ops/term.ts'
export { parse, type ParseOptions } from './text/parse.ts'
export { print, tensorsOf, type PrintOptions } from './text/print.ts'
export type { TensorMode } from './text/print-tensor.ts'
export { onnx, type Inset } from './text/template.ts'
export { difference, type DifferenceOptions } from './check/difference.ts'
export { withOrigins } from './file/origins.ts'
export { placesIn, type ExternalOptions, type PlacedTensors } from './file/plan.ts'
export { parseGraph, parseTensor, readGraph, sourceOfGraph, type ReadGraphOptions } from './file/read.ts'
export type { KeptData } from './file/kept-data.ts'
export {
  graphToBytes,
  writeGraph,
  writeSource,
  type WriteGraphOptions,
  type WrittenFile,
} from './file/write.ts'
export { dimNames, evaluateDim, multiplyDims, subtractDims, readDim } from './infer/dim.ts'
export { infer, inferTypes, type Inference, type InferOptions, type TypeProblem } from './infer/infer.ts'
export { chooseBranches } from './passes/choose-branches.ts'
export { codesIntoBodies } from './passes/codes-into-bodies.ts'
export {
  dedupeWeights,
  findEqualWeights,
  mergeWeights,
  type DedupeOptions,
  type EqualWeights,
} from './passes/dedupe-weights.ts'
export { detachCaptures } from './passes/detached-captures.ts'
export { eliminateCommon } from './passes/eliminate-common.ts'
export {
  constantRegions,
  foldConstants,
  foldValues,
  type ConstantRegion,
  type Evaluate,
  type FoldedValues,
  type FoldOptions,
} from './passes/fold-constants.ts'
export { foldShapes, type FoldShapesOptions } from './passes/fold-shapes.ts'
export { upgradeOpset } from './passes/opset/upgrade-opset.ts'
export { pruneOpsets } from './passes/prune-opsets.ts'
export { removeDead } from './passes/remove-dead.ts'
export { renameValues } from './passes/rename-values.ts'
export { sortTopologically } from './passes/sort-topologically.ts'
export { findTransposedTwins, type TransposedTwins, type TwinOptions } from './passes/transposed-twins.ts'
export { blobSource, handleSource } from './storage/blob-source.ts'
export { bytesSource } from './storage/bytes-source.ts'
export { handleFolder, memoryFolder } from './storage/folders.ts'
export { memorySink, type MemorySink } from './storage/memory-sink.ts'
export { digest } from './tensors/digest.ts'
export { encodeElements, elements, numbers, type Elements } from './tensors/elements.ts'
export { memoryTensor, scalarTensor, stringTensor, tensorOf } from './tensors/memory-tensor.ts'
export { sourceTensor } from './tensors/source-tensor.ts'
export { residentArray, toTypedArray, type TypedArray } from './tensors/typed-array.ts'
export { createSha256, createSpill, fileSink, fileSource, folderSink, pathFolder } from '#platform'
export { handleSink } from './storage/handle-sink.ts'
export {
  openFolder,
  openSink,
  openSource,
  type FolderLike,
  type SinkLike,
  type SourceLike,
} from './storage/open.ts'
export type { Spill } from './storage/spill.ts'
export { streamSink } from './storage/stream-sink.ts'
export { streamSource } from './storage/stream-source.ts'
export { computeTensors } from './tensors/computed-tensor.ts'
export type { Sha256 } from './storage/sha256.ts'
export { attributeOf, floatOf, intOf, intsOf, textOf, type Attributed } from './ops/attributes.ts'
export { explain, nearMisses, type NearMiss } from './rules/explain.ts'
export { near } from './rules/literal.ts'
export { rewrite, type RewriteOptions, type Rewritten } from './rules/rewrite.ts'
export {
  printRule,
  rule,
  type Bindings,
  type Bound,
  type Declaration,
  type Leaves,
  type Place,
  type Replacement,
  type Rule,
  type RuleDefinition,
} from './rules/rule.ts'
export { assertValid, check } from './check/check.ts'
export type { Problem, ProblemCode } from './check/problem.ts'
export { constantTensor } from './ops/constant-tensor.ts'
export { constantToInitializer, initializersOffInputs } from './rules/constants.ts'
export { identity } from './rules/identities.ts'
export { channelScaled, type ChannelScale, type NormParameters } from './rules/channel-scale.ts'
export { convBatchNorm } from './rules/conv-bn.ts'
export { gemmToMatMul, matMulAddToGemm } from './rules/gemm.ts'
export { cleaning, identities, simplification } from './rules/lists.ts'
export { phaseFilters } from './rules/phase-filters.ts'
export {
  broadcastsInto,
  constantNumbers,
  fill,
  isFloat,
  rank,
  staticShape,
  widens,
} from './rules/shape-facts.ts'
export { extract, type ExtractOptions } from './surgery/extract.ts'
export { gate, type Gated, type GateOptions } from './surgery/gate.ts'
export type { Otherwise } from './surgery/else-branch.ts'
export { inline, type Inlined, type InlineOptions } from './surgery/inline.ts'
export { inlineFunctions } from './surgery/inline-functions.ts'
export {
  boundaryOf,
  downstream,
  readNames,
  regionBetween,
  upstream,
  type Boundary,
} from './surgery/region.ts'
export { claimOf, claims, originsOf, type Claims } from './surgery/provenance.ts'
