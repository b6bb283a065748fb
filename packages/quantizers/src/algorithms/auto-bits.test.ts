import {
  bits,
  bytes,
  decibels,
  modelOf,
  smash,
  type Model,
  type Sample,
  type SmashEvent,
  type Step,
} from '@damson/core'
import { graphToBytes, memoryTensor, onnx, weights } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { describeAlgorithm, runOnce, seededNormal, sqnr, tinyConvNet, tinyEncoder } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { readModel } from '../../test/read-model.ts'
import { autoBits } from './auto-bits.ts'
import { weightOnly } from './weight-only.ts'

const samplesOf = (model: Model, count = 4): readonly Sample[] =>
  Array.from({ length: count }, (_, seed) => ({
    part: [...model.parts.keys()][0] ?? '',
    feeds: feedsFor(model.part([...model.parts.keys()][0] ?? '').graph, { seed: 50 + seed, dims: { n: 32 } }),
  }))

describeAlgorithm(autoBits, {
  accepts: { encoder: tinyEncoder, convNet: tinyConvNet },
  refuses: {
    'a graph without matrices': {
      model: () => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
      reason: /no constant matrix/,
    },
  },
  // 4.5 bits with scales and zero points are fewer than those of 4 bits in blocks of 32, and the weights are random.
  expect: { outputs: { sqnr: 8 }, size: 0.96 },
  samples: async model => samplesOf(model),
  inert: { sampleCount: 'in models as small as these, four samples tell no more than one' },
})

/** Two branches of equal shape; one of them counts a hundred times as much. */
function uneven(): Model {
  const weight = (seed: number) => memoryTensor('float32', [128, 128], seededNormal(seed, 128 * 128, 0.1))
  return modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    uneven (float[n,128] x) => (float[n,128] y)
    <float[128,128] loud = ${weight(1)}, float[128,128] quiet = ${weight(2)}>
    {
      a = MatMul(x, loud)
      b = MatMul(x, quiet)
      small = Constant<value_float = 0.01>()
      c = Mul(b, small)
      y = Add(a, c)
    }`)
}

describe('bits where they matter', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())
  const made = async (step: Step, samples: readonly Sample[] | 'none' = samplesOf(uneven())) => {
    const events: SmashEvent[] = []
    const model = await smash(uneven(), [step], {
      runtime,
      onEvent: event => events.push(event),
      ...(samples === 'none' ? {} : { samples }),
    })
    const feeds = feedsFor(uneven().part('model').graph, { seed: 1, dims: { n: 64 } })
    const quality = sqnr(
      await runOnce(runtime, model, feeds, 'model'),
      await runOnce(runtime, uneven(), feeds, 'model'),
    )
    const all = weights(model.part('model').graph)
    const size = all
      .filter(({ name }) => name !== 'small')
      .reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
    const rows = events.flatMap(event =>
      event.type === 'warning' && event.code === 'bits-allotted' ? [event] : [],
    )
    return { model, quality, size, names: all.map(({ name }) => name), events, rows }
  }

  test('at 6 bits a weight, the branch that counts gets 8 and the other 2', async () => {
    const even = await made(weightOnly({ bits: 4, blockSize: 16 }))
    const uneven = await made(autoBits({ budget: bits(6), solver: 'mse', accuracyLevel: 1 }))
    expect(uneven.names).toEqual(expect.arrayContaining(['loud_Q8', 'quiet_Q2']))
    expect(uneven.size).toBeLessThan(even.size)
    expect(uneven.quality - even.quality).toBeGreaterThan(15)
    // What was predicted from each weight alone is what both together make.
    const { predicted, measured } = { predicted: NaN, measured: NaN, ...uneven.rows[0]?.details }
    expect(Math.abs(Number(predicted) - Number(measured))).toBeLessThan(0.5)
    expect(uneven.rows[0]?.message).toMatch(/bits a weight .* predicted .* measured/)
  })

  test('bytes are those of all constants', async () => {
    const { model } = await made(autoBits({ budget: bytes(20_000) }))
    const size = weights(model.part('model').graph).reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
    expect(size).toBeLessThanOrEqual(20_000)
    expect(size).toBeGreaterThan(18_000)
  })

  test('decibels are kept with few bytes', async () => {
    const [low, high] = [
      await made(autoBits({ budget: decibels(15) })),
      await made(autoBits({ budget: decibels(30) })),
    ]
    // Judged on other samples than those that it was fitted on.
    expect(low.quality).toBeGreaterThan(14.5)
    expect(high.quality).toBeGreaterThan(29.5)
    expect(low.size).toBeLessThan(0.8 * high.size)
  })

  test('what cannot be kept is an error that says what can', async () => {
    await expect(made(autoBits({ budget: bits(1) }))).rejects.toThrow(
      /Expected a budget that the smallest choices keep: they take/,
    )
    await expect(made(autoBits({ budget: decibels(90) }))).rejects.toThrow(
      /keep 90 dB .* is the most that was reached/,
    )
  })

  test('float leaves what matters most as it is', async () => {
    const step = autoBits({ budget: bits(20), choices: ['2/32', 'float'] })
    const { names } = await made(step)
    expect(names).toEqual(expect.arrayContaining(['loud', 'quiet_Q2']))
  })

  test('without samples weights are tried on inputs that are made up; where nothing can be run, by what they lose of themselves', async () => {
    const { events, rows, names } = await made(autoBits({ budget: bits(6) }), 'none')
    expect(events.find(event => event.type === 'warning' && event.code === 'no-samples')).toMatchObject({
      message: expect.stringMatching(/made up by their roles/),
    })
    expect(rows[0]?.message).toMatch(/measured at .* on inputs that were made up/)
    // Made-up inputs show which branch counts.
    expect(names).toEqual(expect.arrayContaining(['loud_Q8', 'quiet_Q2']))
    const said: string[] = []
    await smash(uneven(), [autoBits()], {
      onEvent: event => event.type === 'warning' && said.push(event.message),
    })
    expect(said.join()).toMatch(/no samples, so each weight counts by the share of itself that it loses/)
  })

  test('the same samples give the same bytes', async () => {
    const [one, two] = [await made(autoBits()), await made(autoBits())]
    const bytesOf = async (model: Model): Promise<string> =>
      Buffer.from(await graphToBytes(model.part('model').graph)).toString('base64')
    expect(await bytesOf(one.model)).toBe(await bytesOf(two.model))
  })

  test('objective latency keeps a quality in the least time, and says what was timed', async () => {
    await expect(made(autoBits({ objective: 'latency' }))).rejects.toThrow(/needs a quality to keep/)
    const { rows, quality } = await made(autoBits({ objective: 'latency', budget: decibels(20) }))
    expect(quality).toBeGreaterThan(19.5)
    expect(rows[0]?.message).toMatch(
      /timed one by one on this machine: .* ms in floating point, .* ms as chosen/,
    )
    // Every option of a product was timed, that of staying as it is included.
    const timed = (choice: string): unknown => expect.objectContaining({ choice, ms: expect.any(Number) })
    const alternatives = expect.arrayContaining([timed('float'), timed('4/32'), timed('8/128')])
    expect(rows[0]?.details).toMatchObject({ rows: [{ alternatives }, { alternatives }] })
  })

  zooTest(
    'fixtures/bert-tiny-dynamo/model.onnx',
    'beats symmetric 4 bits of the same size by 4.5 dB',
    async file => {
      const model = await readModel(file)
      const { graph } = model.part('model')
      const dims = { batch: 1, batch_size: 1, sequence: 24, sequence_length: 24, seq_len: 24 }
      const samples = Array.from({ length: 16 }, (_, at) => ({
        part: 'model',
        feeds: feedsFor(graph, { seed: 100 + at, dims }),
      }))
      const constants = (made: Model): number =>
        weights(made.part('model').graph).reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
      // Judged on another sample than those that it learnt from.
      const feeds = feedsFor(graph, { seed: 1, dims })
      const want = await runOnce(runtime, model, feeds, 'model')
      const quality = async (made: Model): Promise<number> =>
        sqnr(await runOnce(runtime, made, feeds, 'model'), want)
      const even = await smash(model, [weightOnly({ symmetric: true })])
      const made = await smash(model, [autoBits({ budget: bytes(constants(even)) })], { runtime, samples })
      expect(constants(made)).toBeLessThanOrEqual(constants(even))
      expect((await quality(made)) - (await quality(even))).toBeGreaterThan(4.5)
    },
  )
})
