// What lasts and what stops: a saved model computes the same in a fresh process, and an abort ends the work at once.
import { isAbort, save, type Model } from '@damson/core'
import { feedsFor } from '@damson/runtime'
import { differences, runOnce } from '../same-outputs.ts'
import { firstModel, smashed } from './smashed.ts'
import type { Check, Subject } from './subject.ts'
import { runInFreshProcess, withFolder } from '../fresh.node.ts'

const survivesSaving: Check = {
  name: 'saved and loaded in a fresh process, it gives the same outputs',
  run: async subject => {
    const source = await firstModel(subject)
    const model = await smashed(subject, source)
    return withFolder(folder => freshProblems(subject, source, model, folder))
  },
}

async function freshProblems(
  subject: Subject,
  source: Model,
  model: Model,
  folder: string,
): Promise<readonly string[]> {
  await save(model, folder)
  const problems: string[] = []
  // Fed as before: what was added is a port, and neutral where nobody drives it.
  for (const part of source.parts.values()) {
    const { dims } = subject.cases
    const feeds = feedsFor(part.graph, { seed: 3, ...(dims ? { dims } : {}) })
    const here = await runOnce(subject.runtime, model, feeds, part.name)
    const there = await runInFreshProcess({
      folder,
      part: part.name,
      feeds,
      algorithms: modulesOf(subject, model),
    })
    problems.push(
      ...differences(there, here, { atol: 0, rtol: 0 }).map(
        ({ output, reason }) => `output "${output}" ${reason}`,
      ),
    )
  }
  return problems
}

/** Modules of the algorithms that act at run time: an id is an import path. */
function modulesOf(
  { defined, cases }: Subject,
  model: Model,
): readonly { readonly url: string; readonly name: string }[] {
  if (model.replays.length === 0) return []
  const { id } = defined.algorithm
  const name = (id.split('/').at(-1) ?? id).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  return [cases.module ?? { url: id, name }]
}

const stopsOnAbort: Check = {
  name: 'an abort ends the work',
  run: async subject => {
    const model = await firstModel(subject)
    const problems: string[] = []
    for (const when of ['before', 'during'] as const) {
      const controller = new AbortController()
      if (when === 'before') controller.abort()
      const onEvent = (): void => controller.abort()
      try {
        await smashed(subject, model, subject.cases.params, { signal: controller.signal, onEvent })
        problems.push(`aborted ${when} the work, it went on to the end`)
      } catch (error) {
        if (!isAbort(error))
          problems.push(`aborted ${when} the work, it failed with ${String(error)} instead of an abort`)
      }
    }
    return problems
  },
}

/** All checks of saving and stopping. */
export const lastingChecks: readonly Check[] = [survivesSaving, stopsOnAbort]
