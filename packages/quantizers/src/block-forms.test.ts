// Every form in which a weight may stand: none is left out, and the outputs at 8 bits in fp32 arithmetic stay within 40 dB.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelOf, plan, smash, type Model, type Step } from '@damson/core'
import { graphToBytes, parseGraph, type Graph } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce } from '@damson/testing'
import { InferenceSession } from 'onnxruntime-node'
import { afterAll, describe, expect, test } from 'vitest'
import { opsOf } from '../test/ops-of.ts'
import { weightForms } from '../test/weight-forms.ts'
import { weightOnly } from './algorithms/weight-only.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const graphOf = (model: Model): Graph => model.part('model').graph

/** Operators that take codes apart and none of the forms has otherwise. */
const decoding = new Set(['Floor', 'Mod', 'Sub', 'Slice'])

/** The graph that ONNX Runtime runs. */
async function optimized(graph: Graph): Promise<Graph> {
  const folder = await mkdtemp(join(tmpdir(), 'damson-forms-'))
  const path = join(folder, 'optimized.onnx')
  try {
    const options = { optimizedModelFilePath: path, graphOptimizationLevel: 'basic' } as const
    await (await InferenceSession.create(await graphToBytes(graph), options)).release()
    return parseGraph(await readFile(path))
  } finally {
    await rm(folder, { recursive: true })
  }
}

const readers = ['MatMulNBits', 'GatherBlockQuantized']

async function smashed(
  model: Model,
  step: Step,
): Promise<{ readonly after: Model; readonly said: unknown[] }> {
  const said: unknown[] = []
  const after = await smash(model, [step], { onEvent: event => event.type === 'warning' && said.push(event) })
  return { after, said }
}

async function qualityOf(model: Model, after: Model): Promise<number> {
  const feeds = feedsFor(graphOf(model), { seed: 1, dims: { n: 5, m: 5 } })
  return sqnr(await runOnce(runtime, after, feeds), await runOnce(runtime, model, feeds))
}

describe.each(Object.entries(weightForms))('%s', (_, { graph, coded = {}, slow = false }) => {
  const model = modelOf(graph)

  test('is coded and becomes smaller, and its outputs stay', async () => {
    const { after, said } = await smashed(model, weightOnly({ bits: 8, accuracyLevel: 1, convs: true }))
    expect(said).toEqual([])
    const ops = opsOf(graphOf(after))
    const counts = readers.map(op => [op, ops.filter(each => each === op).length] as const)
    expect(Object.fromEntries(counts.filter(([, count]) => count > 0))).toEqual(coded)
    const [before, now] = [await graphToBytes(graph), await graphToBytes(graphOf(after))]
    expect(now.length).toBeLessThan(before.length * 0.7)
    expect(await qualityOf(model, after)).toBeGreaterThanOrEqual(40)
  })

  // Codes that share a byte are taken apart; normal numbers at 4 bits in blocks of 32 give about 21 dB, at 2 bits about 6.
  test.each([
    [4, 16],
    [2, 3],
  ] as const)('%i bits', async (bits, least) => {
    const step = weightOnly({ bits, accuracyLevel: 1, convs: true, symmetric: bits === 4 })
    const { after, said } = await smashed(model, step)
    expect(said).toEqual([])
    expect(await qualityOf(model, after)).toBeGreaterThanOrEqual(least)
  })

  test('what no operator reads is decoded once, when a session is made', async () => {
    const { after } = await smashed(model, weightOnly({ bits: 4, convs: true }))
    const left = opsOf(await optimized(graphOf(after))).filter(op => decoding.has(op))
    expect(left).toEqual([])
  })

  test('format qdq: the same numbers, or a reason', async () => {
    const step = weightOnly({ bits: 8, format: 'qdq', convs: true })
    const { conflicts } = plan(model, [step])
    if (conflicts.length > 0) {
      expect(conflicts[0]?.message).toMatch(/embedding that products share, which format qdq cannot/)
      return
    }
    const { after, said } = await smashed(model, step)
    expect(said).toEqual(slow ? [expect.objectContaining({ code: 'decoded-in-every-run' })] : [])
    expect(opsOf(graphOf(after))).toContain('DequantizeLinear')
    expect(await qualityOf(model, after)).toBeGreaterThanOrEqual(35)
  })
})
