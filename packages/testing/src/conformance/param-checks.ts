// Parameters: what is outside the domain is refused by name, and every parameter does something.
import { DamsonError } from '@damson/graph'
import type { Param } from '@damson/core'
import { badValues, otherValues } from './bad-values.ts'
import { fingerprint, smashed } from './smashed.ts'
import type { Check, Subject } from './subject.ts'

const refusesBadValues: Check = {
  name: 'parameters refuse values outside their domain, by name',
  run: async ({ defined }) =>
    Object.entries(defined.algorithm.params).flatMap(([name, param]) =>
      badValues(param).flatMap(value => refusalProblem(name, value, () => defined({ [name]: value }))),
    ),
}

const refusesUnknown: Check = {
  name: 'unknown parameters are refused',
  run: async ({ defined }) => refusalProblem('noSuchParameter', 1, () => defined({ noSuchParameter: 1 })),
}

function refusalProblem(name: string, value: unknown, call: () => unknown): readonly string[] {
  const shown = typeof value === 'number' ? String(value) : JSON.stringify(value)
  try {
    call()
    return [`${name}: ${shown} was accepted`]
  } catch (error) {
    if (!DamsonError.isInstance(error, 'invalid-param'))
      return [`${name}: ${shown} gave ${String(error)}, not an invalid-param error`]
    return error.message.includes(name)
      ? []
      : [`${name}: ${shown} gave an error that does not name it: ${error.message}`]
  }
}

const everyParamMatters: Check = {
  name: 'every parameter changes something',
  run: async subject => {
    const { algorithm } = subject.defined
    const problems: string[] = []
    const base = await print(subject, {})
    for (const [name, param] of Object.entries<Param<unknown>>(algorithm.params)) {
      const reason = subject.cases.inert?.[name]
      const matters = reason === undefined && (await anyMatters(subject, name, param, base))
      if (reason === undefined && !matters) {
        problems.push(
          `"${name}" has no effect on any accepted model; honour it, remove it, or say in "inert" why it rightly has none here`,
        )
      }
    }
    return problems
  },
}

async function anyMatters(
  subject: Subject,
  name: string,
  param: Param<unknown>,
  base: string,
): Promise<boolean> {
  for (const value of otherValues(param)) {
    if ((await print(subject, { [name]: value })) !== base) return true
  }
  return false
}

/** What all accepted models become under some params; a refusal or an error counts as a different outcome. */
async function print(subject: Subject, params: Readonly<Record<string, unknown>>): Promise<string> {
  const prints: string[] = []
  for (const make of Object.values(subject.cases.accepts)) {
    try {
      const model = await smashed(subject, await make(), { ...subject.cases.params, ...params })
      prints.push(await fingerprint(model, subject.cases.target ?? 'cpu'))
    } catch (error) {
      prints.push(`error: ${String(error)}`)
    }
  }
  return prints.join('\n')
}

/** All checks of parameters. */
export const paramChecks: readonly Check[] = [refusesBadValues, refusesUnknown, everyParamMatters]
