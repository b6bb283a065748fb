// The conformance suite: every promise that an algorithm makes by being one. As data for any test runner, and as tests
// of vitest in describe-algorithm.ts.
import type { Defined, Params, Runtime, State } from '@damson/core'
import { factChecks } from './fact-checks.ts'
import { lastingChecks } from './lasting-checks.ts'
import { outcomeChecks } from './outcome-checks.ts'
import { paramChecks } from './param-checks.ts'
import { purityChecks } from './purity-checks.ts'
import type { AlgorithmCases, Check, Finding, Subject } from './subject.ts'

/** Every check, in the order in which a failure is most telling. */
export const checks: readonly Check[] = [
  ...paramChecks,
  ...outcomeChecks,
  ...factChecks,
  ...purityChecks,
  ...lastingChecks,
]

/** A subject with its types erased, as the checks take it. */
export function subjectOf<P extends Params, S extends State>(
  defined: Defined<P, S>,
  cases: AlgorithmCases<P>,
  runtime: Runtime,
): Subject {
  const erased: Defined<Params, State> = Object.assign(
    (params?: object, on?: Parameters<typeof defined>[1]) => defined(params, on),
    {
      algorithm: defined.algorithm,
    },
  )
  return { defined: erased, cases, runtime }
}

/** Runs one check; an error inside it is a finding too. */
export async function runCheck(check: Check, subject: Subject): Promise<readonly Finding[]> {
  try {
    return (await check.run(subject)).map(problem => ({ check: check.name, problem }))
  } catch (error) {
    return [{ check: check.name, problem: `it failed with ${String(error)}` }]
  }
}

/** Checks an algorithm against its cases; all checks, or those given. An empty list means that it keeps every promise. */
export async function checkAlgorithm<P extends Params, S extends State>(
  defined: Defined<P, S>,
  cases: AlgorithmCases<P>,
  runtime: Runtime,
  chosen: readonly Check[] = checks,
): Promise<readonly Finding[]> {
  const subject = subjectOf(defined, cases, runtime)
  const found: Finding[] = []
  for (const check of chosen) found.push(...(await runCheck(check, subject)))
  return found
}
