// Decoders of every export style write the same with a cache as without, in a batch as alone, and again with the same seed; what is
// drawn is distributed as the scores say.
import { readFile } from 'node:fs/promises'
import { load, type Feeds, type Outputs } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { bigram, groupQuery, layouts, modelOf, scores, tokens as vocabulary } from '../test/fake-decoders.ts'
import { record } from './record-pipeline.ts'
import { textGeneration, type GeneratedToken } from './text-generation.ts'
import { llama2cTokenizer } from './text/llama2c-tokenizer.ts'

// One thread a session: two test files share the cores.
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
afterAll(() => runtime.close())

const prompts = [
  [1, 5, 9],
  [1, 7],
  [3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
]

for (const name of [
  'llama-tiny-ts',
  'llama-tiny-dynamo',
  'qwen3-tiny',
  'gemma3-tiny',
  'mixtral-tiny-dynamo',
  'moe-tiny',
]) {
  zooTest(`fixtures/${name}`, 'a cache and a batch change no token', async folder => {
    const pipeline = await textGeneration(await load(folder), { runtime })
    const input = {
      maxTokens: 12,
      stopTokens: [],
      temperature: 10,
      topK: 50,
      repetitionPenalty: 1.3,
      seed: [4, 9, 2],
    }
    const { tokens, texts, endings } = await pipeline.run({ ...input, tokens: prompts })
    expect(tokens.map(row => row.length)).toEqual([12, 12, 12])
    expect([texts, endings]).toEqual([[], ['length', 'length', 'length']])
    expect((await pipeline.run({ ...input, tokens: prompts, useCache: false })).tokens).toEqual(tokens)
    for (const [row, prompt] of prompts.entries()) {
      const alone = await pipeline.run({ ...input, tokens: [prompt], seed: input.seed[row] ?? 0 })
      expect(alone.tokens).toEqual([tokens[row]])
    }
    const greedy = { maxTokens: 6, stopTokens: [], tokens: prompts }
    const best = await pipeline.run(greedy)
    expect((await pipeline.run({ ...greedy, useCache: false })).tokens).toEqual(best.tokens)
    expect(best.tokens).not.toEqual(tokens.map(row => row.slice(0, 6)))
    await pipeline.close()
  })
}

zooTest('models/stories260K.onnx', 'a trained model tells its story, streamed', async file => {
  const tokenizer = llama2cTokenizer(new Uint8Array(await readFile(requireZoo('models/tok512.bin'))))
  const pipeline = await textGeneration(await load(file), { runtime, tokenizer })
  const streamed = ['', '']
  const { texts, tokens, endings } = await pipeline.run({
    prompt: ['Once upon a time', 'One day'],
    maxTokens: 40,
    onToken: ({ row, text }) => void (streamed[row] += text),
  })
  // What llama2.c writes for this prompt at temperature 0.
  expect(texts[0]).toBe(
    ', there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball.',
  )
  expect(streamed).toEqual(texts)
  expect(tokens.map(row => row.length)).toEqual([40, 40])
  expect(endings).toEqual(['length', 'length'])
  await pipeline.close()
})

/** The best token after a sum of tokens, by the table itself. */
function bestAfter(start: readonly number[], count: number): readonly number[] {
  const all = [...start]
  for (let i = 0; i < count; i++) {
    const row = all.reduce((sum, token) => sum + token, 0) % vocabulary
    const after = scores.subarray(row * vocabulary, (row + 1) * vocabulary)
    all.push(after.indexOf(Math.max(...after)))
  }
  return all.slice(start.length)
}

describe.each(Object.entries(layouts))('%s', (_, graphs) => {
  test('writes what the table says, and is fed the tensors that it gave', async () => {
    const pipeline = await textGeneration(await modelOf(graphs), { runtime })
    const starts = [
      [3, 1, 6],
      [2, 2],
      [7, 0, 5],
    ]
    const given: (readonly [Feeds, Outputs])[] = []
    const generation = pipeline.live.generation()
    const { tokens } = await pipeline.runThrough(
      () => async (part, feeds) => {
        const outputs = await generation.run(part, feeds)
        given.push([feeds, outputs])
        return outputs
      },
      { tokens: starts, maxTokens: 6 },
    )
    await generation.close()
    expect(tokens).toEqual(starts.map(start => bestAfter(start, 6)))
    const handedOn = given.filter(([feeds], i) => {
      const past = feeds['past_key_values.0.key']
      return past !== undefined && past === given[i - 1]?.[1]['present.0.key']
    })
    // Two batches (lengths 3 and 2) of six tokens each: all calls but the first of each, where there is nothing yet.
    expect(handedOn.length).toBe(given.length - 2)
    await pipeline.close()
  })
})

test('without its cache, a pair runs its first graph and a graph of one position nothing', async () => {
  const pair = await textGeneration(await modelOf(layouts['a pair of graphs']), { runtime })
  const input = { tokens: [[3, 1, 6]], maxTokens: 3, useCache: false }
  expect((await pair.run(input)).tokens).toEqual([bestAfter([3, 1, 6], 3)])
  await pair.close()
  const single = await textGeneration(await modelOf(layouts['a graph of one position']), { runtime })
  await expect(single.run(input)).rejects.toThrow(/Expected useCache: model takes 1 positions/)
  await single.close()
})

test('attention that counts its keys runs rows of one length together', async () => {
  const pipeline = await textGeneration(await modelOf({ 'model.onnx': groupQuery }), { runtime })
  const starts = [
    [3, 1, 6],
    [2, 2],
    [7, 0, 5],
  ]
  const batch = await pipeline.run({ tokens: starts, maxTokens: 6 })
  expect((await pipeline.run({ tokens: starts, maxTokens: 6, useCache: false })).tokens).toEqual(batch.tokens)
  const samples = await record(pipeline, [{ tokens: starts, maxTokens: 2 }])
  const shapes: unknown[] = []
  for await (const { feeds, run } of samples)
    shapes.push([run?.id, feeds['input_ids']?.shape, feeds['attention_mask']?.shape])
  expect(shapes).toEqual([
    [0, [2, 3], [2, 3]],
    [0, [2, 1], [2, 4]],
    [1, [1, 2], [1, 2]],
    [1, [1, 1], [1, 3]],
  ])
  await samples.close()
  await pipeline.close()
})

describe('a table of what follows', async () => {
  const pipeline = await textGeneration(await modelOf({ 'model.onnx': bigram }), { runtime })
  afterAll(() => pipeline.close())
  const softmax = (temperature: number): readonly number[] => {
    const row = [...scores.subarray(3 * vocabulary, 4 * vocabulary)].map(score =>
      Math.exp(score / temperature),
    )
    const total = row.reduce((a, b) => a + b, 0)
    return row.map(weight => weight / total)
  }

  test('is drawn from as it says, the same each time', async () => {
    const draws = 4000
    const tokens = Array.from({ length: draws }, () => [3])
    const input = { tokens, maxTokens: 1, temperature: 1.3, seed: 11 }
    const drawn = (await pipeline.run(input)).tokens
    expect((await pipeline.run(input)).tokens).toEqual(drawn)
    expect((await pipeline.run({ ...input, seed: 12_000 })).tokens).not.toEqual(drawn)
    const counts = Array.from(
      { length: vocabulary },
      (_, token) => drawn.filter(([first]) => first === token).length,
    )
    const chiSquare = softmax(1.3).reduce(
      (sum, p, i) => sum + ((counts[i] ?? 0) - p * draws) ** 2 / (p * draws),
      0,
    )
    // 24.32 is passed once in a thousand by a right sampler of eight tokens.
    expect(chiSquare).toBeLessThan(24.32)
    const uneven = Array.from({ length: vocabulary }, () => draws / vocabulary)
    expect(
      softmax(1.3).reduce((sum, p, i) => sum + ((uneven[i] ?? 0) - p * draws) ** 2 / (p * draws), 0),
    ).toBeGreaterThan(24.32)
  })

  test('a row draws along its own seed', async () => {
    const input = { maxTokens: 8, temperature: 1 }
    const { tokens, seeds } = await pipeline.run({ ...input, tokens: [[3], [4], [5]], seed: 20 })
    expect(seeds).toEqual([20, 21, 22])
    expect((await pipeline.run({ ...input, tokens: [[5]], seed: 22 })).tokens).toEqual([tokens[2]])
  })

  test('stops where it shall, and not before', async () => {
    const [after = []] = (await pipeline.run({ tokens: [[3]], maxTokens: 6 })).tokens
    const [first = 0] = after
    const stopped = await pipeline.run({ tokens: [[3]], maxTokens: 6, stopTokens: [first] })
    expect([stopped.tokens, stopped.endings]).toEqual([[[first]], ['stop']])
    const later = await pipeline.run({ tokens: [[3]], maxTokens: 6, stopTokens: [first], minTokens: 3 })
    expect(later.tokens[0]?.slice(0, 3)).not.toContain(first)
    expect((await pipeline.run({ tokens: [[3]], maxTokens: 0 })).tokens).toEqual([[]])
  })

  test('the model says how it wants to be sampled', async () => {
    const files = {
      'config.json': { max_position_embeddings: 6, eos_token_id: 1 },
      'generation_config.json': {
        do_sample: true,
        temperature: 2,
        top_k: 1,
        eos_token_id: [6, 7],
        max_new_tokens: 4,
      },
    }
    const own = await textGeneration(await modelOf({ 'model.onnx': bigram }, files), { runtime })
    const [after = []] = (await own.run({ tokens: [[3]], stopTokens: [] })).tokens
    const best = await pipeline.run({ tokens: [[3]], maxTokens: 4 })
    // Of the best one there is only one to draw.
    expect(after).toEqual(best.tokens[0])
    const most = await own.run({ tokens: [[1, 2, 3]], maxTokens: 100, stopTokens: [] })
    expect(most.tokens[0]?.length).toBe(3)
    await expect(own.run({ tokens: [[1, 2, 3, 4, 5, 6]] })).rejects.toThrow(/fewer than 6 tokens.*got 6/)
    await own.close()
  })

  test('is aborted between tokens, and refuses what means nothing', async () => {
    const controller = new AbortController()
    const seen: GeneratedToken[] = []
    const run = pipeline.run({
      tokens: [[3]],
      maxTokens: 50,
      signal: controller.signal,
      onToken(token) {
        seen.push(token)
        if (seen.length === 3) controller.abort()
      },
    })
    await expect(run).rejects.toThrow(/abort/i)
    expect(seen.length).toBe(3)
    await expect(pipeline.run({ prompt: 'a' })).rejects.toThrow(/tokenizer\.json beside the model/)
    await expect(pipeline.run({})).rejects.toThrow(/Expected a prompt/)
    await expect(pipeline.run({ tokens: [[1]], topP: 0 })).rejects.toThrow(/0 < topP ≤ 1/)
    await expect(textGeneration(await load(requireZoo('fixtures/vit-tiny')))).rejects.toThrow(
      /takes input_ids and gives logits/,
    )
  })
})
