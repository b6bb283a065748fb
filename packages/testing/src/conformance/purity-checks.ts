// An algorithm is a pure function: it leaves its input alone, gives the same bytes for the same seed, and is silent.
import { graphToBytes, type Graph } from '@damson/graph'
import { sessionOptions, type Model } from '@damson/core'
import { digestOf } from './digest.ts'
import { firstModel, fingerprint, smashed } from './smashed.ts'
import type { Check, Subject } from './subject.ts'
import { watch } from './watch.ts'

const keepsItsInput: Check = {
  name: 'the input model is not changed',
  run: async subject => {
    const problems: string[] = []
    for (const [name, make] of Object.entries(subject.cases.accepts)) {
      const model = await make()
      const before = await contents(model)
      const smash = await smashed(subject, model)
      await contents(smash)
      if ((await contents(model)) !== before) problems.push(`"${name}": the input model was changed in place`)
    }
    return problems
  },
}

/** Bytes of all parts, and the shape of the objects that hold them: an edit in place shows in one or the other. */
async function contents(model: Model): Promise<string> {
  const parts = await Promise.all(
    [...model.parts.values()].map(async ({ name, graph }) => [
      name,
      outline(graph),
      digestOf(await graphToBytes(graph)),
    ]),
  )
  return JSON.stringify([parts, model.applied.length, model.ports])
}

function outline(graph: Graph): string {
  const nodes = graph.nodes.map(
    ({ op, name, inputs, outputs }) => `${op} ${name} ${inputs.join()} ${outputs.join()}`,
  )
  return [...nodes, ...graph.initializers.keys()].join('\n')
}

const sameSeedSameBytes: Check = {
  name: 'the same seed gives the same bytes',
  run: async subject => {
    if (subject.cases.measured !== undefined) return replayProblems(subject)
    const prints: string[] = []
    for (let run = 0; run < 2; run++) {
      const model = await smashed(subject, await firstModel(subject))
      prints.push(await fingerprint(model, subject.cases.target ?? 'cpu'))
    }
    return prints[0] === prints[1] ? [] : ['two runs with the same seed gave different models']
  },
}

/** The clock does not repeat itself; what was decided by it does, as saved and read back. */
async function replayProblems(subject: Subject): Promise<readonly string[]> {
  const { algorithm } = subject.defined
  if (algorithm.measures !== true)
    return ['it does not declare "measures", so its state has to repeat itself']
  const model = await smashed(subject, await firstModel(subject))
  const replays = model.replays.map(replay => ({
    ...replay,
    state: JSON.parse(JSON.stringify(replay.state ?? null)),
  }))
  const machine = await subject.runtime.traits()
  const optionsOf = (each: Model): string =>
    JSON.stringify(
      [...each.parts.keys()].map(part => sessionOptions(each, part, machine, subject.cases.target)),
    )
  const [here, again] = [optionsOf(model), optionsOf(model.with({ replays }))]
  return here === again ? [] : [`its state replayed gave ${again}, not ${here}`]
}

const isSilent: Check = {
  name: 'it neither prints nor reads the clock nor draws unseeded numbers',
  run: async subject => {
    const model = await firstModel(subject)
    const work = async (): Promise<string> =>
      fingerprint(await smashed(subject, model), subject.cases.target ?? 'cpu')
    const seen = await watch(work, subject.defined.algorithm.measures === true)
    return seen.map(call => `it called ${call}`)
  },
}

/** All checks of purity. */
export const purityChecks: readonly Check[] = [keepsItsInput, sameSeedSameBytes, isSilent]
