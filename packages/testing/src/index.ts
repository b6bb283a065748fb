export { describeAlgorithm } from './conformance/describe-algorithm.ts'
export { goldenArray, goldenJson } from './golden.node.ts'
export { checkAlgorithm, checks } from './conformance/check-algorithm.ts'
export { sqnr } from '@damson/runtime'
export type { AlgorithmCases, Check, Finding, MakeModel, Subject } from './conformance/subject.ts'
export { readNpy } from '@damson/runtime'
export { differences, expectSameOutputs, runOnce, type Difference, type Tolerance } from './same-outputs.ts'
export { seededNormal, seededRandom } from './seeded.ts'
export {
  caseNames,
  pairCases,
  pairSteps,
  type PairCase,
  type PairGround,
  type Placement,
} from './pairs/pair-cases.ts'
export { coveringSample } from './pairs/covering-sample.ts'
export { PairPricer, type Order, type PairOutcome, type PairPrice } from './pairs/pair-prices.ts'
export { tinyConvNet, tinyEncoder, tinyMlp, tinyModels, tinyRecurrent, tinyUnet } from './tiny-models.ts'
