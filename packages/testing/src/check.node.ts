// The conformance suite as data, for test runners other than vitest: this entry does not import vitest.
export { checkAlgorithm, checks } from './conformance/check-algorithm.ts'
export type { AlgorithmCases, Check, Finding, MakeModel, Subject } from './conformance/subject.ts'
