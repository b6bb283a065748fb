// What stays where sessions run: it equals what would be passed by hand, crosses nowhere, and is freed.
import type { Call, Feeds, Outputs, Run, Slot } from '@damson/core'
import { onnx } from '@damson/graph'
import { expect, test } from 'vitest'
import { platform } from '#platform'
import type { Engine } from '../engine/engine.ts'
import { lazyEngine } from '../engine/lazy-engine.ts'
import { openLane } from '../engine/lane.ts'
import { ortEngine } from '../engine/ort-engine.ts'
import { remoteEngine } from '../engine/remote-engine.ts'
import { startProcess, startWorker } from '../isolate.node.ts'
import { loadOrt } from '../load-ort.node.ts'
import { ortOptions } from '../session/session-options.ts'
import { sessionPool } from '../session/sessions.ts'
import { openLive, type OpenLive } from './open-live.ts'

/** Three values that may be fed again at the next run. `s` takes n turns; shapes that do not fit fail in the middle of a run. */
const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[i] x, float[j] h, float16[j] half, string[1] word, int64 n)
  => (float[k] y, float[j] s, float16[j] halves, string[1] words)
  <bool go = {1}, float third = {0.33333333}> {
    wide = Cast<to = 1>(half)
    sum = Add(h, wide)
    y = Add(x, sum)
    s = Loop (n, go, sum) <body = b (int64 t, bool ci, float[j] a) => (bool co, float[j] ao) { co = Identity(ci) ao = Mul(a, third) }>
    halves = Cast<to = 10>(s)
    words = Identity(word)
  }`
const floats = (...data: readonly number[]) =>
  ({ dtype: 'float32', shape: [data.length], data: Float32Array.from(data) }) as const
const feedsOf = (n: bigint): Feeds => ({
  x: floats(1, 2),
  h: floats(0.1, 0.7),
  half: { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0x2e66) },
  word: { dtype: 'string', shape: [1], data: ['plum'] },
  n: { dtype: 'int64', shape: [], data: BigInt64Array.of(n) },
})
const forever = 10n ** 15n
/** Which output becomes which input. */
const pairs = { s: 'h', halves: 'half', words: 'word' } as const

/** What stands around the runs of both parts; tests set `turn`. */
interface Around {
  turn: (next: Run, feeds: Feeds, call: Call) => Promise<Outputs>
}

function openOn(engine: Engine, around: Around, reopens: boolean): OpenLive {
  const pool = sessionPool({
    ...{ engine, lane: openLane(8), platform, reopens },
    translate: options => ortOptions('cpu', 'node', options),
    onEvent: () => {},
  })
  const part = { graph, session: {}, added: new Set<string>(), complete: (feeds: Feeds) => feeds }
  const middleware = ['main', 'other'].map(name => () => ({
    part: name,
    around: (next: Run) => (feeds: Feeds, call: Call) => around.turn(next, feeds, call),
  }))
  const parts = new Map([['main', part], ['other', part]]) // prettier-ignore
  return openLive(pool, { parts, middleware, check: () => {} }, () => {})
}

const engines = {
  thread: () => lazyEngine(async () => ortEngine(await loadOrt({ module: 'node' }))),
  worker: () => remoteEngine(startWorker, { module: 'node' }),
  process: () => remoteEngine(startProcess, { module: 'node' }),
} as const

/** Three new slots, for all that can be fed again. */
function threeSlots({ slot }: Call): Record<string, Slot> {
  return Object.fromEntries(Object.keys(pairs).flatMap(name => (slot ? [[name, slot()]] : [])))
}

function taken(slots: Readonly<Record<string, Slot>>): Readonly<Record<string, Slot>> {
  return Object.fromEntries(Object.entries(pairs).flatMap(([output, input]) => { const slot = slots[output]; return slot ? [[input, slot]] : [] })) // prettier-ignore
}

const rest = ({ x, n }: Feeds): Feeds => ({ ...(x ? { x } : {}), ...(n ? { n } : {}) })

for (const isolate of ['thread', 'worker', 'process'] as const)
  test(`in a ${isolate}, what is kept is what would come, and is freed`, async () => {
    const engine = engines[isolate]()
    const count = async (): Promise<number> => (await engine.info()).slots
    const around: Around = { turn: (next, feeds, call) => next(feeds, call) }
    const live = openOn(engine, around, isolate === 'process')
    const [one, two] = [live.generation(), live.generation()]

    const first = await live.run('main', feedsOf(3n))
    const byHand = Object.fromEntries(Object.entries(pairs).flatMap(([output, input]) => { const tensor = first[output]; return tensor ? [[input, tensor]] : [] })) // prettier-ignore
    const second = await live.run('main', { ...feedsOf(2n), ...byHand })

    let slots: Record<string, Slot> = {}
    around.turn = (next, feeds, call) => next(feeds, { ...call, keeps: (slots = threeSlots(call)) })
    expect(await one.run('main', feedsOf(3n))).toEqual({ y: first['y'] })
    expect(slots['s']?.tensor).toEqual({ dtype: 'float32', shape: [2] })
    expect(slots['halves']?.tensor).toEqual({ dtype: 'float16', shape: [2] })
    expect(await count()).toBe(3)
    around.turn = (next, feeds, call) => next(rest(feeds), { ...call, takes: taken(slots) })
    expect(await one.run('main', feedsOf(2n))).toEqual(second)
    around.turn = (next, feeds, call) =>
      next(rest(feeds), { ...call, takes: taken(slots), keeps: { s: 'leave', words: 'leave' } })
    expect(await one.run('main', feedsOf(2n))).toEqual({ y: second['y'], halves: second['halves'] })

    // A slot of another part, another generation, that holds nothing, or something of another shape.
    around.turn = (next, feeds, call) => next(rest(feeds), { ...call, takes: taken(slots) })
    await expect(one.run('other', feedsOf(1n))).rejects.toMatchObject({ code: 'slot', message: expect.stringContaining('"other"') }) // prettier-ignore
    await expect(two.run('main', feedsOf(1n))).rejects.toMatchObject({ code: 'slot' })
    around.turn = (next, feeds, call) => next(rest(feeds), { ...call, takes: taken(threeSlots(call)) })
    await expect(one.run('main', feedsOf(1n))).rejects.toMatchObject({ code: 'slot-lost' })
    const { s, words } = slots
    around.turn = (next, feeds, call) => next(feeds, { ...call, takes: s ? { n: s } : {} })
    await expect(one.run('main', feedsOf(1n))).rejects.toMatchObject({ code: 'feed' })

    // A run that fails keeps nothing; what is overwritten or freed goes with the next run.
    const kept: Record<string, Slot>[] = []
    around.turn = (next, feeds, call) => next({ ...feeds, x: floats(1, 2, 3) }, { ...call, keeps: (kept[0] = threeSlots(call)) }) // prettier-ignore
    await expect(two.run('main', feedsOf(1n))).rejects.toMatchObject({ code: 'run' })
    expect(kept[0]?.['s']?.tensor).toBeUndefined()
    around.turn = (next, feeds, call) => next(feeds, { ...call, keeps: s ? { s } : {} })
    words?.free()
    await one.run('main', feedsOf(1n))
    expect(await count()).toBe(2)

    if (isolate !== 'thread') {
      const stop = new AbortController()
      const stopped = live.generation({ signal: stop.signal })
      around.turn = (next, feeds, call) => next(feeds, { ...call, keeps: threeSlots(call) })
      const n = isolate === 'process' ? forever : 100_000n
      setTimeout(() => stop.abort(new Error('enough')), 20)
      await expect(stopped.run('main', feedsOf(n))).rejects.toThrow('enough')
      await stopped.close()
      around.turn = (next, feeds, call) => next(feeds, call)
      await two.run('main', feedsOf(1n))
      // The process was killed, and what it held is lost with it; a worker goes on.
      expect(await count()).toBe(isolate === 'process' ? 0 : 2)
      expect(s?.tensor === undefined).toBe(isolate === 'process')
      around.turn = (next, feeds, call) => next(rest(feeds), { ...call, takes: s ? { h: s } : {} })
      if (isolate === 'process')
        await expect(one.run('main', feedsOf(1n))).rejects.toMatchObject({ code: 'slot-lost' })
    }
    await one.close()
    expect(await count()).toBe(0)
    await expect(one.run('main', feedsOf(1n))).rejects.toMatchObject({ code: 'closed' })
    await live.close()
    await engine.close()
  })
