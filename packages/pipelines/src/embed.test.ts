// Vectors of texts: each way to pool against the states themselves, batches against texts alone, and a trained encoder that finds
// what belongs together.
import { readFile } from 'node:fs/promises'
import { load } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import { modelOf } from '../test/fake-decoders.ts'
import { embed, type EmbedOptions } from './embed.ts'
import { record } from './record-pipeline.ts'
import { floatTensor, numbersOf, type FloatTensor } from './tensors.ts'
import { unigramTokenizer } from './text/unigram-tokenizer.ts'

// One thread a session: two test files share the cores.
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
afterAll(() => runtime.close())

const rows = [
  [101, 7, 8, 102],
  [101, 9, 102],
  [101, 30, 31, 32, 33, 34, 102],
]

function expectClose(a: Float32Array, b: Float32Array | readonly number[], most: number): void {
  expect(a.length).toBe(b.length)
  expect(a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] ?? NaN))), 0)).toBeLessThan(
    most,
  )
}

const rowOf = ({ shape, data }: FloatTensor, row: number): Float32Array =>
  data.subarray(row * (shape[1] ?? 0), (row + 1) * (shape[1] ?? 0))

for (const name of ['bert-tiny-ts', 'bert-tiny-dynamo', 'bert-tiny-extdata']) {
  zooTest(`fixtures/${name}`, 'each way to pool, batched as alone', async folder => {
    const model = await load(folder)
    const run = async (options: EmbedOptions, tokens = rows): Promise<FloatTensor> => {
      const pipeline = await embed(model, { runtime, ...options })
      const { embeddings } = await pipeline.run({ tokens })
      await pipeline.close()
      return embeddings
    }
    const live = await runtime.open(model)
    const [ids = []] = rows
    const whole = (values: readonly number[]) =>
      ({ dtype: 'int64', shape: [1, values.length], data: BigInt64Array.from(values, BigInt) }) as const
    const outputs = await live.run('model', {
      input_ids: whole(ids),
      attention_mask: whole(ids.map(() => 1)),
      token_type_ids: whole(ids.map(() => 0)),
    })
    await live.close()
    const states = numbersOf(outputs['last_hidden_state'] ?? floatTensor([], new Float32Array(0)))
    const mean = await run({})
    expect(mean.shape).toEqual([3, 64])
    const byHand = Array.from(
      { length: 64 },
      (_, i) => ids.reduce((sum, _id, at) => sum + (states[at * 64 + i] ?? 0), 0) / ids.length,
    )
    expectClose(rowOf(mean, 0), byHand, 1e-5)
    expectClose(rowOf(await run({ pooling: 'cls' }), 0), states.subarray(0, 64), 1e-5)
    expectClose(rowOf(await run({ pooling: 'last' }), 0), states.subarray(states.length - 64), 1e-5)
    for (const pooling of ['mean', 'last'] as const) {
      const batch = await run({ pooling, normalize: true })
      for (const [i, row] of rows.entries()) {
        expectClose(rowOf(batch, i), (await run({ pooling, normalize: true }, [row])).data, 1e-5)
        expect(rowOf(batch, i).reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5)
      }
    }
  })
}

zooTest('models/use_lite.onnx', 'a trained encoder finds the sentence that means the same', async file => {
  const pieces = JSON.parse(await readFile(requireZoo('models/use_lite.vocab.json'), 'utf8'))
  const tokenizer = unigramTokenizer(pieces, { pad: 0 })
  expect(tokenizer.encode('I like to eat pizza.').map(id => pieces[id][0])).toEqual([
    '▁I',
    '▁like',
    '▁to',
    '▁eat',
    '▁pizza',
    '.',
  ])
  const pipeline = await embed(await load(file), { runtime, tokenizer, normalize: true })
  const text = ['A man is eating food.', 'Somebody is having a meal.', 'The stock market fell sharply today.']
  const { embeddings } = await pipeline.run({ text })
  expect(embeddings.shape).toEqual([3, 512])
  const cosine = (a: number, b: number): number =>
    rowOf(embeddings, a).reduce((sum, value, i) => sum + value * (rowOf(embeddings, b)[i] ?? 0), 0)
  expect(cosine(0, 1)).toBeGreaterThan(cosine(0, 2) + 0.2)
  for (const [i, each] of text.entries()) {
    expectClose(rowOf(embeddings, i), (await pipeline.run({ text: each })).embeddings.data, 1e-5)
  }
  // A graph without a mask is fed rows of one length.
  const samples = await record(pipeline, [{ text }])
  const shapes: unknown[] = []
  for await (const { feeds } of samples.of('use_lite')) shapes.push(feeds['input_ids']?.shape[0])
  expect(shapes.length).toBe(new Set(text.map(each => tokenizer.encode(each).length)).size)
  await samples.close()
  await pipeline.close()
})

zooTest('fixtures/bert-tiny-ts', 'the folder says how to pool and whether to normalize', async folder => {
  const { graph } = (await load(folder)).part('model')
  const files = {
    '1_Pooling/config.json': { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
    'modules.json': [{ type: 'sentence_transformers.models.Normalize' }],
  }
  const said = await embed(await modelOf({ 'model.onnx': graph }, files), { runtime })
  const given = await embed(await load(folder), { runtime, pooling: 'cls', normalize: true })
  const [a, b] = [await said.run({ tokens: rows, batch: 2 }), await given.run({ tokens: rows })]
  expectClose(a.embeddings.data, b.embeddings.data, 1e-5)
  await expect(said.run({ text: 'a' })).rejects.toThrow(/tokenizer\.json beside the model/)
  await expect(said.run({ tokens: [[]] })).rejects.toThrow(/at least one id/)
  const most = await modelOf(
    { 'model.onnx': graph },
    { '1_Pooling/config.json': { pooling_mode_max_tokens: true } },
  )
  await expect(embed(most, { runtime })).rejects.toThrow(/got pooling_mode_max_tokens/)
  await said.close()
  await given.close()
})

test('other models are refused', async () => {
  await expect(embed(await load(requireZoo('fixtures/vit-tiny')))).rejects.toThrow(
    /takes input_ids, got model/,
  )
  await expect(embed(await load(requireZoo('models/use_lite.onnx')), { pooling: 'mean' })).rejects.toThrow(
    /states of all tokens/,
  )
})
