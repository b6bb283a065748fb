// Files of one model in plain ONNX Runtime, as users have it: how long a session takes to be made and a run takes, as ratios to
// the first file. All of them take turns, so that a machine that slows down slows all.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Feeds } from '@damson/core'
import { median, ratioOf } from '../../packages/damson/src/compare/interleaved.ts'

export interface FileTimes {
  readonly latency: ReturnType<typeof ratioOf>
  readonly load: ReturnType<typeof ratioOf>
  /** Medians of a run, and of making a session. */
  readonly ms: number
  readonly loadMs: number
}

interface Session {
  run(feeds: Readonly<Record<string, unknown>>): Promise<unknown>
  release(): Promise<void>
}

interface Ort {
  readonly InferenceSession: { create(path: string, options: object): Promise<Session> }
  readonly Tensor: new (type: string, data: unknown, shape: readonly number[]) => unknown
}

/** Rounds of loading at most; it has a budget of time, as runs have. */
const loads = 41
/** Where a session's memory happens to lie makes it some percent quicker or slower for as long as it lives, so there are several. */
const sets = 5

export async function timeFiles(
  files: Readonly<Record<string, string>>,
  feeds: Feeds,
  { threads, budgetMs }: { readonly threads: number; readonly budgetMs: number },
): Promise<Readonly<Record<string, FileTimes>>> {
  const { InferenceSession, Tensor } = await ort()
  const open = (file: string): Promise<Session> =>
    InferenceSession.create(file, { intraOpNumThreads: threads, logSeverityLevel: 4 })
  const fed = Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, data, shape }]) => [name, new Tensor(dtype, data, shape)]),
  )
  const loading = Object.values(files).map(file => async () => (await open(file)).release())
  const loadTimes = await inTurn(loading, { rounds: loads, budgetMs })
  const runTimes: number[][] = Object.keys(files).map(() => [])
  for (let set = 0; set < sets; set++) {
    const sessions = await Promise.all(Object.values(files).map(open))
    const each = await inTurn(sessions.map(session => () => session.run(fed)), { rounds: 2001, budgetMs: budgetMs / sets }) // prettier-ignore
    each.forEach((times, at) => runTimes[at]?.push(...times))
    for (const session of sessions) await session.release()
  }
  const [firstLoads = [], firstRuns = []] = [loadTimes[0], runTimes[0]]
  return Object.fromEntries(
    Object.keys(files).map((name, at) => [
      name,
      {
        load: ratioOf({ before: firstLoads, after: loadTimes[at] ?? [] }),
        latency: ratioOf({ before: firstRuns, after: runTimes[at] ?? [] }),
        ms: median(runTimes[at] ?? []),
        loadMs: median(loadTimes[at] ?? []),
      },
    ]),
  )
}

/** Times of each work, round by round, the order turned by one each round. A round to warm up is not counted. */
async function inTurn(
  works: readonly (() => Promise<unknown>)[],
  { rounds, budgetMs }: { readonly rounds: number; readonly budgetMs: number },
): Promise<readonly (readonly number[])[]> {
  const times = works.map((): number[] => [])
  for (const work of works) await work()
  const start = performance.now()
  for (let round = 0; round < rounds && (round < 7 || performance.now() - start < budgetMs); round++) {
    for (let turn = 0; turn < works.length; turn++) {
      const at = (turn + round) % works.length
      const begun = performance.now()
      await works[at]?.()
      times[at]?.push(performance.now() - begun)
    }
  }
  return times
}

/** The copy that the command brings. */
async function ort(): Promise<Ort> {
  const require = createRequire(new URL('../../packages/damson/package.json', import.meta.url))
  return import(pathToFileURL(require.resolve('onnxruntime-node')).href)
}
