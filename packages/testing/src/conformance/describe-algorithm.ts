// The conformance suite as tests of vitest: one test a promise.
import type { Defined, Params, Runtime, State } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { afterAll, describe, expect, test } from 'vitest'
import { checks, runCheck, subjectOf } from './check-algorithm.ts'
import type { AlgorithmCases } from './subject.ts'

/** Registers the conformance tests of an algorithm. Call it at the top of its test file, then test its numbers. */
export function describeAlgorithm<P extends Params, S extends State>(
  defined: Defined<P, S>,
  cases: AlgorithmCases<P>,
  options: { readonly runtime?: Runtime } = {},
): void {
  describe(defined.algorithm.id, () => {
    const runtime = options.runtime ?? createRuntime()
    afterAll(async () => {
      if (!options.runtime) await runtime.close()
    })
    const subject = subjectOf(defined, cases, runtime)
    for (const check of checks) {
      test(check.name, async () => {
        expect((await runCheck(check, subject)).map(finding => finding.problem)).toEqual([])
      })
    }
  })
}
