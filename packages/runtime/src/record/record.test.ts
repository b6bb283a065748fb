import type { Sample } from '@damson/core'
import { onnx } from '@damson/graph'
import { afterAll, expect, test } from 'vitest'
import { createRuntime } from '../create-runtime.ts'
import { record, type SampleSet } from './record.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())
const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[n] x, string[m] s) => (float[n] y, string[m] t)
  { y = Neg(x) t = Identity(s) }`
const feeds = (data: Float32Array) =>
  ({
    x: { dtype: 'float32', shape: [data.length], data },
    s: { dtype: 'string', shape: [1], data: ['ü'] },
  }) as const
const all = async (samples: AsyncIterable<Sample>): Promise<readonly Sample[]> => {
  const list: Sample[] = []
  for await (const sample of samples) list.push(sample)
  return list
}

/** A loop of two generations that feeds its own output back and reuses one array. */
async function recordLoop(memoryBytes: number): Promise<SampleSet> {
  const live = await runtime.open(graph)
  const buffer = Float32Array.of(1, 2)
  const samples = await record(
    live,
    async (run, begin) => {
      for (let step = 0; step < 2; step++) {
        const { y } = await run('main', feeds(buffer))
        buffer.set([...(y?.data ?? [])].map(value => 2 * Number(value)))
      }
      const next = begin({ steps: 1 })
      await next('main', feeds(buffer), { step: 7, branch: 'uncond' })
    },
    { memoryBytes },
  )
  await live.close()
  return samples
}

test.each([
  ['memory', 2 ** 20],
  ['a temporary file', 10],
])('samples in %s are the feeds of every call, in order, again and again', async (_, limit) => {
  const samples = await recordLoop(limit)
  const seen = await all(samples)
  expect(seen.map(({ part, run }) => ({ part, ...run }))).toEqual([
    { part: 'main', id: 0, step: 0, branch: 'both' },
    { part: 'main', id: 0, step: 1, branch: 'both' },
    { part: 'main', id: 1, step: 7, branch: 'uncond' },
  ])
  expect(seen.map(sample => sample.feeds)).toEqual(
    [
      [1, 2],
      [-2, -4],
      [4, 8],
    ].map(data => feeds(Float32Array.from(data))),
  )
  expect(await all(samples.of('main'))).toEqual(seen)
  expect(await all(samples.of('other'))).toEqual([])
  expect([samples.size, samples.parts]).toEqual([3, ['main']])
  await samples.close()
  await expect(all(samples)).rejects.toMatchObject({ code: 'closed' })
})

test('a loop that fails leaves no samples, and a model needs a runtime', async () => {
  const live = await runtime.open(graph)
  const failing = record(live, async run => {
    await run('main', feeds(Float32Array.of(1)))
    throw new Error('stop')
  })
  await expect(failing).rejects.toThrow('stop')
  await live.close()
  const stop = new AbortController()
  stop.abort(new Error('enough'))
  const late = await runtime.open(graph)
  const aborted = record(late, async run => void (await run('main', feeds(Float32Array.of(1)))), {
    signal: stop.signal,
  })
  await expect(aborted).rejects.toThrow('enough')
  await late.close()
})
