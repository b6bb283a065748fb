// Smashing a case once, and reducing what came out to a text that two runs can be compared by.
import { middlewares, smash, type Model, type Outputs, type Step } from '@damson/core'
import { graphToBytes } from '@damson/graph'
import { digestOf } from './digest.ts'
import type { Subject } from './subject.ts'

/** Smashes a model with the subject's algorithm alone. */
export async function smashed(
  subject: Subject, model: Model, params: Readonly<Record<string, unknown>> = subject.cases.params ?? {},
  options: { readonly signal?: AbortSignal; readonly onEvent?: () => void } = {},
): Promise<Model> {
  const { defined, cases, runtime } = subject
  const step: Step = defined(params)
  return smash(model, [step], {
    target: cases.target ?? 'cpu',
    runtime,
    seed: 7,
    ...(cases.samples ? { samples: await cases.samples(model) } : {}),
    ...options,
  })
} // prettier-ignore

/** The first model that the algorithm accepts. */
export async function firstModel({ cases }: Subject): Promise<Model> {
  const [make] = Object.values(cases.accepts)
  if (!make) throw new TypeError('describeAlgorithm: expected at least one model under "accepts".')
  return make()
}

/** Everything that a model does, as text: bytes of its parts, ports, session options, and what its middleware lets through. */
export async function fingerprint(model: Model, target: string): Promise<string> {
  const parts = await Promise.all(
    [...model.parts].map(async ([name, part]) => [name, digestOf(await graphToBytes(part.graph))]),
  )
  const replays = model.replays.map(({ algorithm, state }) => ({ id: algorithm.id, state: stateText(state) }))
  return JSON.stringify({ parts, ports: model.ports, replays, calls: await traceCalls(model, target) })
}

function stateText(state: unknown): unknown {
  return JSON.parse(
    JSON.stringify(state ?? null, (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    ),
  )
}

/** Which of 40 calls of a made-up loop reach the part through the middleware, and what comes back. */
async function traceCalls(model: Model, target: string): Promise<readonly string[]> {
  const opened = middlewares(model, target).map(({ stepId, middleware }) => ({ stepId, middleware }))
  const traces: string[] = []
  for (const { stepId, middleware } of opened) {
    const { part, around } = middleware({ steps: 20, batch: 1, seed: 1, run: async () => ({}) })
    let reached = 0
    const run = around(async (feeds, call) => {
      reached++
      return {
        seen: { dtype: 'float32', shape: [1], data: Float32Array.of(call.index + Object.keys(feeds).length) },
      }
    })
    const passed: string[] = []
    for (let index = 0; index < 40; index++) {
      const before = reached
      const value = Math.fround(Math.exp(-index / 8))
      const feeds = { sample: { dtype: 'float32' as const, shape: [1, 1], data: Float32Array.of(value) } }
      const outputs: Outputs = await run(feeds, {
        index,
        step: index >> 1,
        branch: index % 2 === 0 ? 'cond' : 'uncond',
        rows: 1,
      })
      passed.push(
        `${reached - before}:${Object.values(outputs)
          .map(output => String(output.data[0]))
          .join()}`,
      )
    }
    traces.push(`${stepId}@${part}: ${passed.join(' ')}`)
  }
  return traces
}
