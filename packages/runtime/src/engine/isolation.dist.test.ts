// What isolation is for: this thread goes on, a run can be stopped, a crash is an error, nothing is left behind.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryTensor, onnx, type Graph } from '@damson/graph'
import { createRuntime, type OpenRuntime, type RuntimeOptions } from '@damson/runtime'
import { afterEach, describe, expect, test } from 'vitest'

/** Adds 1 to a number n times, one node at a time: as long as n says, in one run. */
const counting = onnx`<ir_version: 8, opset_import: ["" : 17]> g (int64 n, float x) => (float y)
  <bool go = {1}, float one = {1}> {
    y = Loop (n, go, x) <body = b (int64 i, bool ci, float s) => (bool co, float so) { co = Identity(ci) so = Add(s, one) }>
  }`
const times = (n: bigint) =>
  ({
    n: { dtype: 'int64', shape: [], data: BigInt64Array.of(n) },
    x: { dtype: 'float32', shape: [], data: Float32Array.of(0) },
  }) as const
const forever = 10n ** 15n
const aWhile = 300_000n

const open: OpenRuntime[] = []
const runtime = (options: RuntimeOptions): OpenRuntime => {
  const made = createRuntime(options)
  open.push(made)
  return made
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

async function ticksDuring(work: Promise<unknown>): Promise<number> {
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  await work
  clearInterval(timer)
  return ticks
}

test('a run blocks this thread, unless it is in a worker or a process', async () => {
  for (const [isolate, responsive] of [
    ['thread', false],
    ['worker', true],
    ['process', true],
  ] as const) {
    const live = await runtime({ isolate }).open(counting)
    await live.run('main', times(1n))
    const ticks = await ticksDuring(live.run('main', times(aWhile)))
    if (responsive) expect(ticks).toBeGreaterThan(10)
    else expect(ticks).toBeLessThan(10)
  }
})

test('abort stops a run in a process that would never end, and the next run works', async () => {
  const events: string[] = []
  const isolated = runtime({ isolate: 'process', onEvent: ({ type }) => events.push(type) })
  const live = await isolated.open(counting)
  await live.run('main', times(1n))
  const stop = new AbortController()
  const endless = live.run('main', times(forever), { signal: stop.signal })
  const queued = live.run('main', times(3n))
  setTimeout(() => stop.abort(new Error('enough')), 50)
  await expect(endless).rejects.toThrow('enough')
  expect((await queued)['y']?.data[0]).toBe(3)
  expect(events).toContain('interrupted')
})

test('abort leaves a worker at once; close waits for its run and never terminates it', async () => {
  const isolated = runtime({ isolate: 'worker' })
  const live = await isolated.open(counting)
  await live.run('main', times(1n))
  const stop = new AbortController()
  const long = live.run('main', times(aWhile), { signal: stop.signal })
  const queued = live.run('main', times(2n), { signal: stop.signal })
  setTimeout(() => stop.abort(new Error('enough')), 5)
  await expect(long).rejects.toThrow('enough')
  await expect(queued).rejects.toThrow('enough')
  await expect(live.run('main', times(2n), { signal: stop.signal })).rejects.toThrow('enough')
  expect((await live.run('main', times(4n)))['y']?.data[0]).toBe(4)
})

test('an abort before the session is open leaves it to the others', async () => {
  const live = await runtime({ isolate: 'process' }).open(counting)
  const stop = new AbortController()
  const first = live.run('main', times(1n), { signal: stop.signal })
  const second = live.run('main', times(3n))
  stop.abort(new Error('enough'))
  await expect(first).rejects.toThrow('enough')
  expect((await second)['y']?.data[0]).toBe(3)
})

test('close waits for runs under way and refuses new ones', async () => {
  const isolated = runtime({ isolate: 'worker' })
  const live = await isolated.open(counting)
  const running = live.run('main', times(aWhile))
  const closed = isolated.close()
  expect((await running)['y']?.data[0]).toBe(Number(aWhile))
  await closed
  await expect(live.run('main', times(1n))).rejects.toMatchObject({ code: 'closed' })
  await expect(isolated.open(counting)).rejects.toMatchObject({ code: 'closed' })
})

test('the queue is bounded', async () => {
  const isolated = runtime({ isolate: 'worker', queue: 2 })
  const live = await isolated.open(counting)
  await live.run('main', times(1n))
  const runs = Array.from({ length: 5 }, () => live.run('main', times(aWhile / 10n)))
  const outcomes = await Promise.allSettled(runs)
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
  ])
  await expect(runs[4]).rejects.toMatchObject({
    code: 'queue-full',
    message: expect.stringContaining('at most 2'),
  })
})

test('equal graphs with equal options share a session', async () => {
  const events: string[] = []
  const here = runtime({
    onEvent: event => 'sessions' in event && events.push(`${event.type} ${event.sessions}`),
  })
  const graph = (): Graph =>
    onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[n] x) => (float[n] y) { y = Neg(x) }`
  const x = { dtype: 'float32', shape: [1], data: Float32Array.of(2) } as const
  const lives = [await here.open(graph()), await here.open(graph())]
  const apart = await here.open(graph(), { session: { graphOptimizationLevel: 'disabled' } })
  for (const live of [...lives, apart]) expect((await live.run('main', { x }))['y']?.data[0]).toBe(-2)
  expect(events).toEqual(['session-open 1', 'session-open 2'])
  for (const live of [...lives, apart]) await live.close()
  expect(events.slice(2)).toEqual(['session-close 1', 'session-close 0'])
})

/** What damson left there; loaders of TypeScript put caches beside it. */
async function leftIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter(name => name.startsWith('damson-'))
}

describe('temporary files', () => {
  const before = process.env['TMPDIR']
  afterEach(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  })

  test.each(['thread', 'worker', 'process'] as const)(
    'of a large graph are gone when closed, in a %s',
    async isolate => {
      const folder = await mkdtemp(join(tmpdir(), 'runtime-test-'))
      process.env['TMPDIR'] = folder
      const weight = memoryTensor('float32', [3_000_000], new Float32Array(3_000_000).fill(2))
      const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[n] x) => (float y)
      <float[3000000] w = ${weight}> { m = ReduceMax<keepdims = 0>(w) s = ReduceMax<keepdims = 0>(x) y = Mul(m, s) }`
      const isolated = runtime({ isolate })
      const live = await isolated.open(graph)
      const x = { dtype: 'float32', shape: [1], data: Float32Array.of(5) } as const
      expect((await live.run('main', { x }))['y']?.data[0]).toBe(10)
      // Only a process, which may have to open it again, keeps the files.
      expect(await leftIn(folder)).toHaveLength(isolate === 'process' ? 1 : 0)
      await live.close()
      expect(await leftIn(folder)).toEqual([])
      await rm(folder, { recursive: true })
    },
  )
})
