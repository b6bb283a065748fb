// Forms of one model in plain ONNX Runtime, as users have it: how long it takes from a path to the first result, and how long a run
// takes when all is warm, as ratios to the first form. All take turns, so that a machine that slows down slows all.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Feeds, SessionOptions } from '@damson/core'
import { median, ratioOf } from '../../packages/damson/src/compare/interleaved.ts'

/** A file and the options that it is opened with. */
export interface Form {
  readonly path: string
  readonly options: SessionOptions
}

export interface OpeningTimes {
  /** From the path to the first result: ratio to the first form, and the median in ms. */
  readonly first: ReturnType<typeof ratioOf>
  readonly firstMs: number
  readonly createMs: number
  /** A warm run. */
  readonly steady: ReturnType<typeof ratioOf>
  readonly steadyMs: number
}

interface Session {
  run(feeds: Readonly<Record<string, unknown>>): Promise<unknown>
  release(): Promise<void>
}

interface Ort {
  readonly InferenceSession: { create(path: string, options: object): Promise<Session> }
  readonly Tensor: new (type: string, data: unknown, shape: readonly number[]) => unknown
}

export async function timeOpenings(
  forms: readonly Form[],
  feeds: Feeds,
  {
    threads,
    openings,
    budgetMs,
  }: { readonly threads?: number; readonly openings: number; readonly budgetMs: number },
): Promise<readonly OpeningTimes[]> {
  const { InferenceSession, Tensor } = await ort()
  const fed = Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, data, shape }]) => [name, new Tensor(dtype, data, shape)]),
  )
  const open = ({ path, options: { config = {}, ...options } }: Form): Promise<Session> =>
    InferenceSession.create(path, {
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      logSeverityLevel: 4,
      ...options,
      extra: config,
    })
  const [creates, firsts] = [forms.map((): number[] => []), forms.map((): number[] => [])]
  for (let round = 0; round <= openings; round++) {
    for (const at of turns(forms.length, round)) {
      const form = forms[at]
      if (!form) continue
      const start = performance.now()
      const session = await open(form)
      const made = performance.now()
      await session.run(fed)
      const end = performance.now()
      await session.release()
      // The first round fills the caches of the system.
      if (round === 0) continue
      creates[at]?.push(made - start)
      firsts[at]?.push(end - start)
    }
  }
  const steady = await steadyTimes(await Promise.all(forms.map(open)), fed, budgetMs)
  return forms.map((_form, at) => ({
    first: ratioOf({ before: firsts[0] ?? [], after: firsts[at] ?? [] }),
    firstMs: median(firsts[at] ?? []),
    createMs: median(creates[at] ?? []),
    steady: ratioOf({ before: steady[0] ?? [], after: steady[at] ?? [] }),
    steadyMs: median(steady[at] ?? []),
  }))
}

async function steadyTimes(
  sessions: readonly Session[],
  fed: Readonly<Record<string, unknown>>,
  budgetMs: number,
): Promise<readonly (readonly number[])[]> {
  const times = sessions.map((): number[] => [])
  for (const session of sessions) for (let run = 0; run < 3; run++) await session.run(fed)
  const start = performance.now()
  for (let round = 0; round < 2000 && (round < 11 || performance.now() - start < budgetMs); round++) {
    for (const at of turns(sessions.length, round)) {
      const session = sessions[at]
      // Threads of the session before spin for a while after their run.
      await session?.run(fed)
      const begun = performance.now()
      await session?.run(fed)
      times[at]?.push(performance.now() - begun)
    }
  }
  for (const session of sessions) await session.release()
  return times
}

/** The order of a round, turned by one each time. */
const turns = (count: number, round: number): readonly number[] =>
  Array.from({ length: count }, (_, at) => (at + round) % count)

/** The copy that the command brings. */
async function ort(): Promise<Ort> {
  const require = createRequire(new URL('../../packages/damson/package.json', import.meta.url))
  return import(pathToFileURL(require.resolve('onnxruntime-node')).href)
}
