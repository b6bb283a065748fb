// Speech models: every layout of the decoder writes the same, with and without cache; the prompt is the one that the configuration
// says; long sounds are heard piece by piece. The weights are random, so the words mean nothing.
import { readFile } from 'node:fs/promises'
import { load, type Model } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import { numbers } from '../test/made-picture.ts'
import { readWav, type Sound } from './audio/sound.ts'
import { record } from './record-pipeline.ts'
import { transcribe, type Transcribe, type TranscribeInput, type TranscribeResult } from './transcribe.ts'

// One thread a session: two test files share the cores.
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
afterAll(() => runtime.close())

const whisper = await load(requireZoo('fixtures/whisper-tiny-random'))
const pair = whisper.with({
  parts: new Map([...whisper.parts].filter(([name]) => name !== 'decoder_model_merged')),
})

/** A tone with noise. */
function sound(seconds: number, pitch = 440): Sound {
  const noise = numbers(Math.round(16_000 * seconds))
  const samples = Float32Array.from(
    noise,
    (n, i) => 0.4 * Math.sin((i * pitch * 2 * Math.PI) / 16_000) + 0.1 * (n / 2 ** 24 - 0.5),
  )
  return { rate: 16_000, samples }
}

function withConfig(model: Model, config: Readonly<Record<string, unknown>>): Model {
  const bytes = new TextEncoder().encode(JSON.stringify(config))
  const read = async (offset: number, into: Uint8Array): Promise<void> =>
    into.set(bytes.subarray(offset, offset + into.length))
  const path = 'generation_config.json'
  return model.with({
    files: new Map([...model.files, [path, { name: path, key: path, size: bytes.length, read }]]),
  })
}

const opened = new Map<Model, Promise<Transcribe>>()

/** Pipelines are opened once: what they remember between runs would show. */
async function run(model: Model, input: TranscribeInput): Promise<TranscribeResult> {
  const pipeline = opened.get(model) ?? transcribe(model, { runtime })
  opened.set(model, pipeline)
  return (await pipeline).run(input)
}

test('every layout writes the same, with and without cache', async () => {
  const input = { sound: sound(0.6), maxTokens: 20 }
  const merged = await run(whisper, input)
  expect(merged.pieces.map(({ seconds, prompt }) => [seconds, prompt])).toEqual([[0, [3]]])
  expect(merged.pieces[0]?.tokens.length).toBeGreaterThan(0)
  expect(await run(whisper, { ...input, useCache: false })).toEqual(merged)
  expect(await run(pair, input)).toEqual(merged)
  expect(await run(pair, { ...input, useCache: false })).toEqual(merged)
})

test('the prompt is what the configuration says, and suppressed tokens do not come', async () => {
  const input = { sound: sound(0.6), maxTokens: 8 }
  const [plain] = (await run(whisper, input)).pieces
  const [first = 0] = plain?.tokens ?? []
  const older = {
    forced_decoder_ids: [
      [1, 40],
      [2, 50],
    ],
    no_timestamps_token_id: 60,
    suppress_tokens: [first],
  }
  const [forced] = (await run(withConfig(whisper, older), input)).pieces
  expect(forced?.prompt).toEqual([3, 40, 50, 60])
  expect(forced?.tokens).not.toContain(first)
  const languages = { '<|en|>': 40, '<|de|>': 41 }
  const model = withConfig(whisper, {
    lang_to_id: languages,
    task_to_id: { transcribe: 50, translate: 51 },
    no_timestamps_token_id: 60,
  })
  const translated = await run(model, { ...input, language: 'de', task: 'translate' })
  expect(translated.pieces[0]?.prompt).toEqual([3, 41, 51, 60])
  const [heard] = (await run(model, input)).pieces
  expect([
    [3, 40, 50, 60],
    [3, 41, 50, 60],
  ]).toContainEqual(heard?.prompt)
  await expect(run(model, { ...input, language: 'fr' })).rejects.toThrow(/\(en, de\), got "fr"/)
  await expect(run(whisper, { ...input, language: 'en' })).rejects.toThrow(/no choice of languages/)
})

test('long sounds are heard in pieces, and samples are recorded of every part', async () => {
  const pipeline = await transcribe(whisper, { runtime })
  // The encoder takes 64 frames of 10 ms.
  const input = { sound: sound(1.5), maxTokens: 3 }
  const { pieces } = await pipeline.run(input)
  expect(pieces.map(({ seconds }) => seconds)).toEqual([0, 0.64, 1.28])
  const alone = await pipeline.run({
    ...input,
    sound: { rate: 16_000, samples: input.sound.samples.subarray(10_240, 20_480) },
  })
  expect(alone.pieces[0]?.tokens).toEqual(pieces[1]?.tokens)
  const samples = await record(pipeline, [input])
  expect(samples.parts).toEqual(['encoder_model', 'decoder_model_merged'])
  const shapes: unknown[] = []
  for await (const { feeds } of samples.of('encoder_model')) shapes.push(feeds['input_features']?.shape)
  expect(shapes).toEqual([
    [1, 16, 64],
    [1, 16, 64],
    [1, 16, 64],
  ])
  await samples.close()
  const both = await transcribe(pair, { runtime })
  const others = await record(both, [input])
  expect(others.parts).toEqual(['encoder_model', 'decoder_model', 'decoder_with_past_model'])
  await others.close()
  await both.close()
  await pipeline.close()
})

zooTest('models/gtcrn_mix.wav', 'a WAV file is read and heard', async file => {
  const heard = readWav(new Uint8Array(await readFile(file)))
  expect(heard.rate).toBe(16_000)
  expect(heard.samples.length).toBeGreaterThan(16_000)
  expect(heard.samples.every(value => Math.abs(value) <= 1)).toBe(true)
  const { pieces } = await run(whisper, {
    sound: { ...heard, samples: heard.samples.subarray(0, 12_000) },
    maxTokens: 2,
  })
  expect(pieces.length).toBe(2)
})

test('other files, rates and models are refused', async () => {
  expect(() => readWav(Uint8Array.of(1, 2, 3, 4))).toThrow(/bytes of a WAV file/)
  await expect(run(whisper, { sound: { rate: 8000, samples: new Float32Array(8) } })).rejects.toThrow(
    /16000 samples a second, got 8000/,
  )
  await expect(transcribe(await load(requireZoo('fixtures/vit-tiny')))).rejects.toThrow(
    /takes input_features, got model/,
  )
})
