// The conformance suite and what pairs of algorithms cost, as data, for test runners other than vitest and for benchmarks:
// this entry does not import vitest.
export { checkAlgorithm, checks } from './conformance/check-algorithm.ts'
export type { AlgorithmCases, Check, Finding, MakeModel, Subject } from './conformance/subject.ts'
export { caseNames, pairCases, type PairCase, type PairGround, type Placement } from './pairs/pair-cases.ts'
export { coveringSample } from './pairs/covering-sample.ts'
export { PairPricer, type Order, type PairOutcome, type PairPrice } from './pairs/pair-prices.ts'
export { seededNormal } from './seeded.ts'
