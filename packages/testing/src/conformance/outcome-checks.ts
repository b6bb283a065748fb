// What it accepts and refuses, and what its outputs and its size are held to.
import { explain, type Model } from '@damson/core'
import { feedsFor, sqnr } from '@damson/runtime'
import { differences, runOnce } from '../same-outputs.ts'

import { smashed } from './smashed.ts'
import type { Check, Subject } from './subject.ts'

const accepts: Check = {
  name: 'it accepts the models it says',
  run: async subject => {
    const problems: string[] = []
    for (const [name, make] of Object.entries(subject.cases.accepts)) {
      const model = await make()
      const entries = explain(model, { algorithms: [subject.defined], target: subject.cases.target ?? 'cpu' })
      const refused = entries.flatMap(entry =>
        'refusal' in entry && entry.refusal ? [entry.refusal.refused] : [],
      )
      if (refused.length === entries.length) problems.push(`"${name}": refused, ${refused.join('; ')}`)
    }
    return problems
  },
}

const refuses: Check = {
  name: 'it refuses the models it says, with the reason',
  run: async subject => {
    const problems: string[] = []
    for (const [name, { model, reason }] of Object.entries(subject.cases.refuses)) {
      const made = await model()
      const entries = explain(made, { algorithms: [subject.defined], target: subject.cases.target ?? 'cpu' })
      for (const entry of entries) {
        const refusal = 'refusal' in entry ? entry.refusal : undefined
        if (!refusal) problems.push(`"${name}": part "${entry.part}" was accepted`)
        else if (!reason.test(refusal.refused))
          problems.push(`"${name}": the reason "${refusal.refused}" does not match ${String(reason)}`)
      }
    }
    return problems
  },
}

const outputsHold: Check = {
  name: 'outputs are as good as promised',
  run: async subject => {
    const problems: string[] = []
    for (const [name, make] of Object.entries(subject.cases.accepts)) {
      const model = await make()
      problems.push(
        ...(await outputProblems(subject, model, await smashed(subject, model))).map(
          text => `"${name}": ${text}`,
        ),
      )
    }
    return problems
  },
}

/** Runs every part once, before and after, on the same feeds. */
async function outputProblems(subject: Subject, before: Model, after: Model): Promise<readonly string[]> {
  const { expect, dims } = subject.cases
  const problems: string[] = []
  for (const part of before.parts.values()) {
    const feeds = feedsFor(part.graph, { seed: 11, ...(dims ? { dims } : {}) })
    const want = await runOnce(subject.runtime, before, feeds, part.name)
    const got = await runOnce(subject.runtime, after, feeds, part.name)
    if (expect.outputs === 'equal') {
      for (const { output, reason } of differences(got, want, { atol: 0, rtol: 0 }))
        problems.push(`output "${output}" of "${part.name}" ${reason}`)
    } else {
      const quality = sqnr(got, want)
      if (!(quality >= expect.outputs.sqnr))
        problems.push(
          `"${part.name}" has an SQNR of ${quality.toFixed(1)} dB, expected at least ${expect.outputs.sqnr}`,
        )
    }
  }
  return problems
}

const sizeHolds: Check = {
  name: 'the model is no bigger than promised',
  run: async subject => {
    const most = subject.cases.expect.size
    if (most === undefined) return []
    const problems: string[] = []
    for (const [name, make] of Object.entries(subject.cases.accepts)) {
      const model = await make()
      const ratio = weightBytes(await smashed(subject, model)) / weightBytes(model)
      if (ratio > most)
        problems.push(`"${name}": ${ratio.toFixed(3)} of the weight bytes are left, expected at most ${most}`)
    }
    return problems
  },
}

function weightBytes(model: Model): number {
  return [...model.parts.values()]
    .flatMap(({ graph }) => [...graph.initializers.values()])
    .reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
}

/** All checks of outcomes. */
export const outcomeChecks: readonly Check[] = [accepts, refuses, outputsHold, sizeHolds]
