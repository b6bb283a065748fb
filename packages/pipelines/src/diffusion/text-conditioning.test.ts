// How SD3 and Flux join their text encoders, which no fixture has: encoders whose outputs are known, so that each number of the
// conditioning tells where it came from. Ids come through real tokenizers.
import { readFile } from 'node:fs/promises'
import { load, type Feeds, type Model, type Outputs } from '@damson/core'
import { requireZoo } from '@damson/zoo'
import { expect, test } from 'vitest'
import { floatTensor, type FloatTensor } from '../tensors.ts'
import type { Denoiser } from './denoiser.ts'
import { openTextEncoders } from './text-conditioning.ts'

const golden: { readonly definition: object } = JSON.parse(
  await readFile(new URL('../../test/golden/tokenizers.json', import.meta.url), 'utf8'),
)
const sdxl = await load(requireZoo('fixtures/sdxl-tiny'))
const unigram = { pad_token: '<pad>', eos_token: '</s>' }

/** The model with a T5 as `text_encoder<suffix>`, and `dropped` left out. */
function withPieces(suffix: string, dropped: readonly string[] = []): Model {
  const encoder = sdxl.part('text_encoder')
  const files = {
    [`text_encoder${suffix}/config.json`]: { model_type: 't5' },
    [`tokenizer${suffix}/tokenizer.json`]: golden.definition,
    [`tokenizer${suffix}/tokenizer_config.json`]: unigram,
  }
  const sources = Object.entries(files).map(([path, value]) => {
    const bytes = new TextEncoder().encode(JSON.stringify(value))
    const read = async (offset: number, into: Uint8Array): Promise<void> =>
      into.set(bytes.subarray(offset, offset + into.length))
    return [path, { name: path, key: path, size: bytes.length, read }] as const
  })
  const parts = new Map([...sdxl.parts].filter(([name]) => !dropped.includes(name)))
  if (suffix !== '') parts.set(`text_encoder${suffix}`, { ...encoder, name: `text_encoder${suffix}` })
  return sdxl.with({ parts, files: new Map([...sdxl.files, ...sources]) })
}

function denoiserOf(kind: Denoiser['kind'], textWidth: number): Denoiser {
  const fields = { part: 'transformer', config: {}, channels: 4, extraChannels: 0, embedsGuidance: false }
  return { ...fields, kind, textWidth, output: 'out', feeds: () => ({}) }
}

/** Constant outputs: 1 and 2 for the CLIPs, 3 for T5, a half more for hidden states that must not be taken. */
async function run(part: string, { input_ids: ids }: Feeds): Promise<Outputs> {
  const tokens = ids?.shape[1] ?? 0
  const filled = (shape: readonly number[], value: number): FloatTensor =>
    floatTensor(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value))
  if (tokens > 77) return { last_hidden_state: filled([1, tokens, 8], 3) }
  const which = part === 'text_encoder' ? 1 : 2
  return {
    last_hidden_state: filled([1, tokens, 2], which + 0.5),
    pooler_output: filled([1, 2], which),
    text_embeds: filled([1, 2], which),
    'hidden_states.9': filled([1, tokens, 2], which),
    'hidden_states.10': filled([1, tokens, 2], which + 0.5),
  }
}

const row = ({ data, shape }: FloatTensor, at: number): readonly number[] => {
  const width = shape.at(-1) ?? 0
  return [...data.slice(at * width, (at + 1) * width)]
}

test('SD3 puts its CLIPs beside each other, widens them, and appends the pieces', async () => {
  const encode = await openTextEncoders(withPieces('_3'), denoiserOf('stable-diffusion-3', 8))
  const { states, pooled } = (await encode?.(run, 'a cat', 'cond')) ?? {}
  expect(states?.shape).toEqual([1, 77 + 256, 8])
  expect(states && row(states, 0)).toEqual([1, 1, 2, 2, 0, 0, 0, 0])
  expect(states && row(states, 77)).toEqual([3, 3, 3, 3, 3, 3, 3, 3])
  expect(pooled && row(pooled, 0)).toEqual([1, 1, 2, 2])
})

test('SD3 without its third encoder has zeros in its place', async () => {
  const encode = await openTextEncoders(sdxl, denoiserOf('stable-diffusion-3', 8))
  const { states } = (await encode?.(run, 'a cat', 'cond')) ?? {}
  expect(states?.shape).toEqual([1, 77 + 256, 8])
  expect(states && row(states, 77)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
})

test('Flux takes the states of the pieces and the pooled row of CLIP', async () => {
  const encode = await openTextEncoders(withPieces('_2'), denoiserOf('flux', 8))
  const { states, pooled } = (await encode?.(run, 'a cat', 'cond')) ?? {}
  expect(states?.shape).toEqual([1, 512, 8])
  expect(states && row(states, 0)).toEqual([3, 3, 3, 3, 3, 3, 3, 3])
  expect(pooled && row(pooled, 0)).toEqual([1, 1])
})

test('an encoder without the outputs that a class needs is named', async () => {
  const encode = await openTextEncoders(sdxl, denoiserOf('stable-diffusion-xl', 4))
  const bare = async (): Promise<Outputs> => ({
    last_hidden_state: floatTensor([1, 1, 1], Float32Array.of(1)),
  })
  await expect(encode?.(bare, 'a cat', 'cond')).rejects.toThrow(/Expected an output hidden_states.0/)
  const mute = sdxl.with({ files: new Map() })
  await expect(openTextEncoders(mute, denoiserOf('flux', 4))).rejects.toThrow(/tokenizer\/tokenizer.json/)
})
