// Ids against those of the Rust tokenizers, for CLIP's byte pairs (from both forms of its files) and for unigram pieces as T5 has
// them; padding and cutting as text encoders expect them.
import { readFile } from 'node:fs/promises'
import { load, type Model } from '@damson/core'
import { requireZoo } from '@damson/zoo'
import { expect, test } from 'vitest'
import { openTokenizer, type PromptTokenizer } from './tokenizer.ts'

interface Golden {
  readonly clip: readonly { readonly text: string; readonly ids: readonly number[] }[]
  readonly unigram: Golden['clip']
  readonly definition: object
}

const golden: Golden = JSON.parse(
  await readFile(new URL('../../test/golden/tokenizers.json', import.meta.url), 'utf8'),
)
const emoji = await load(requireZoo('emoji/emoji-unet'))

function withFiles(model: Model, files: Readonly<Record<string, unknown>>): Model {
  const sources = Object.entries(files).map(([path, value]) => {
    const bytes = new TextEncoder().encode(JSON.stringify(value))
    const read = async (offset: number, into: Uint8Array): Promise<void> =>
      into.set(bytes.subarray(offset, offset + into.length))
    return [path, { name: path, key: path, size: bytes.length, read }] as const
  })
  return model.with({ files: new Map([...model.files, ...sources]) })
}

async function tokenizerOf(model: Model): Promise<PromptTokenizer> {
  const tokenizer = await openTokenizer(model, 'tokenizer')
  if (!tokenizer) throw new Error('expected a tokenizer')
  return tokenizer
}

const withoutJson = emoji.with({
  files: new Map([...emoji.files].filter(([path]) => path !== 'tokenizer/tokenizer.json')),
})
const clips = [
  ['tokenizer.json', emoji],
  ['vocab.json and merges.txt', withoutJson],
] as const

test.each(clips)('CLIP from %s gives the ids of the Rust tokenizers', async (_, model) => {
  const tokenizer = await tokenizerOf(model)
  expect(golden.clip.map(({ text }) => tokenizer.encode(text))).toEqual(golden.clip.map(({ ids }) => ids))
  expect(tokenizer.most).toBe(24)
})

test('unigram pieces give the ids of the Rust tokenizers, padded with their own token', async () => {
  const tokenizer = await tokenizerOf(
    withFiles(withoutJson, {
      'tokenizer/tokenizer.json': golden.definition,
      'tokenizer/tokenizer_config.json': {
        pad_token: { content: '<pad>' },
        eos_token: '</s>',
        model_max_length: 1e30,
      },
    }),
  )
  expect(golden.unigram.map(({ text }) => tokenizer.encode(text))).toEqual(
    golden.unigram.map(({ ids }) => ids),
  )
  expect(tokenizer.most).toBeUndefined()
  expect(tokenizer.padded('pizza', 5)).toEqual([7, 8, 1, 0, 0])
})

test('long texts are cut before their end token', async () => {
  const tokenizer = await tokenizerOf(emoji)
  const cut = tokenizer.padded('pizza '.repeat(40), 24)
  expect(cut.length).toBe(24)
  expect(cut.slice(0, 3)).toEqual([0, 1880, 260])
  expect(cut.at(-1)).toBe(1)
})

test('a folder without tokenizer is undefined, one without padding an error', async () => {
  expect(await openTokenizer(emoji, 'tokenizer_9')).toBeUndefined()
  const model = withFiles(emoji, { 'tokenizer/tokenizer_config.json': {} })
  await expect(openTokenizer(model, 'tokenizer')).rejects.toThrow(/Expected a pad_token/)
})
