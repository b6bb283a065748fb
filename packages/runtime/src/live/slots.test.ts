// What stays where sessions run: it equals what would be passed by hand, crosses nowhere, and is freed.
import type { Call, Feeds, Outputs, Run, Slot } from '@damson/core'
import { onnx } from '@damson/graph'
import { afterAll, describe, expect, test } from 'vitest'
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
const aWhile = 100_000n
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

/** A new slot for each output that can be fed again. */
function threeSlots({ slot }: Call): Record<string, Slot> {
  return Object.fromEntries(Object.keys(pairs).flatMap(name => (slot ? [[name, slot()]] : [])))
}

/** By the input that each becomes. */
function fedAgain<T>(outputs: Readonly<Record<string, T>>): Record<string, T> {
  const entries = Object.entries(pairs).map(([output, input]) => [input, outputs[output]] as const)
  return Object.fromEntries(
    entries.flatMap(([input, found]) => (found === undefined ? [] : [[input, found]])),
  )
}

/** The feeds that no output becomes. */
function rest(feeds: Feeds): Feeds {
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => name === 'x' || name === 'n'))
}

describe.each(['thread', 'worker', 'process'] as const)('in a %s', isolate => {
  const engine = engines[isolate]()
  const around: Around = { turn: (next, feeds, call) => next(feeds, call) }
  const live = openOn(engine, around, isolate === 'process')
  const count = async (): Promise<number> => (await engine.info()).slots
  const keeping = (into: (slots: Record<string, Slot>) => void): Around['turn'] => {
    return (next, feeds, call) => {
      const keeps = threeSlots(call)
      into(keeps)
      return next(feeds, { ...call, keeps })
    }
  }
  const taking = (slots: Readonly<Record<string, Slot>>, keeps: Call['keeps'] = {}): Around['turn'] => {
    return (next, feeds, call) => next(rest(feeds), { ...call, takes: fedAgain(slots), keeps })
  }
  afterAll(async () => {
    await live.close()
    await engine.close()
  })

  test('what is kept and taken is what would be passed by hand, and is not among the outputs', async () => {
    const first = await live.run('main', feedsOf(3n))
    const second = await live.run('main', { ...feedsOf(2n), ...fedAgain(first) })
    const generation = live.generation()
    let slots: Record<string, Slot> = {}
    around.turn = keeping(made => (slots = made))
    expect(await generation.run('main', feedsOf(3n))).toEqual({ y: first['y'] })
    expect(slots['s']?.tensor).toEqual({ dtype: 'float32', shape: [2] })
    expect(slots['halves']?.tensor).toEqual({ dtype: 'float16', shape: [2] })
    around.turn = taking(slots)
    expect(await generation.run('main', feedsOf(2n))).toEqual(second)
    around.turn = taking(slots, { s: 'leave', words: 'leave' })
    expect(await generation.run('main', feedsOf(2n))).toEqual({ y: second['y'], halves: second['halves'] })
    await generation.close()
  })

  test('slots are freed by hand, when a run fails and with their generation', async () => {
    const generation = live.generation()
    let slots: Record<string, Slot> = {}
    around.turn = keeping(made => (slots = made))
    await generation.run('main', feedsOf(1n))
    expect(await count()).toBe(3)
    const { s, words } = slots
    around.turn = keeping(made => (slots = made))
    await expect(generation.run('main', { ...feedsOf(1n), x: floats(1, 2, 3) })).rejects.toMatchObject({ code: 'run' }) // prettier-ignore
    expect(slots['s']?.tensor).toBeUndefined()
    words?.free()
    around.turn = (next, feeds, call) => next(feeds, { ...call, keeps: s ? { s } : {} })
    await generation.run('main', feedsOf(1n))
    expect(await count()).toBe(2)
    await generation.close()
    expect(await count()).toBe(0)
  })

  test('slots of others, empty ones and what does not fit are refused', async () => {
    const [generation, other] = [live.generation(), live.generation()]
    let slots: Record<string, Slot> = {}
    around.turn = keeping(made => (slots = made))
    await generation.run('main', feedsOf(1n))
    around.turn = taking(slots)
    const refused = { code: 'slot', message: expect.stringContaining('a slot of') }
    await expect(generation.run('other', feedsOf(1n))).rejects.toMatchObject(refused)
    await expect(other.run('main', feedsOf(1n))).rejects.toMatchObject({ code: 'slot' })
    const { s } = slots
    around.turn = (next, feeds, call) => next(feeds, { ...call, takes: s ? { n: s } : {} })
    const misfit = { code: 'feed', message: expect.stringContaining('expected int64, got float32') }
    await expect(generation.run('main', feedsOf(1n))).rejects.toMatchObject(misfit)
    around.turn = (next, feeds, call) => taking(threeSlots(call))(next, feeds, call)
    await expect(generation.run('main', feedsOf(1n))).rejects.toMatchObject({ code: 'slot-lost' })
    await generation.close()
    around.turn = taking(slots)
    await expect(other.run('main', feedsOf(1n))).rejects.toMatchObject({ code: 'slot' })
    await other.close()
  })

  test.skipIf(isolate === 'thread')(
    'an abort leaves nothing, and takes along what a killed process held',
    async () => {
      const generation = live.generation()
      let slots: Record<string, Slot> = {}
      around.turn = keeping(made => (slots = made))
      await generation.run('main', feedsOf(1n))
      const stop = new AbortController()
      const stopped = live.generation({ signal: stop.signal })
      around.turn = keeping(() => {})
      setTimeout(() => stop.abort(new Error('enough')), 20)
      await expect(stopped.run('main', feedsOf(isolate === 'process' ? forever : aWhile))).rejects.toThrow(
        'enough',
      )
      await stopped.close()
      around.turn = (next, feeds, call) => next(feeds, call)
      await generation.run('main', feedsOf(1n))
      expect(await count()).toBe(isolate === 'process' ? 0 : 3)
      expect(slots['s']?.tensor === undefined).toBe(isolate === 'process')
      around.turn = taking(slots)
      const again = generation.run('main', feedsOf(1n))
      if (isolate === 'process') await expect(again).rejects.toMatchObject({ code: 'slot-lost' })
      else expect(Object.keys(await again)).toContain('y')
      await generation.close()
      expect(await count()).toBe(0)
    },
  )
})
