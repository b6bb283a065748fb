// --samples with what a pipeline is asked: every line is run through the pipeline, and what parts are fed become samples.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { load, type Sample } from '@damson/core'
import { toPng } from '@damson/pipelines'
import { requireZoo } from '@damson/zoo'
import { describe, expect, test } from 'vitest'
import { allSamples, divideSamples } from '../src/samples/divided-samples.node.ts'
import { openSamples } from '../src/samples/open-samples.node.ts'
import { emptyFolder, folderWith } from './model-folders.ts'
import { damson } from './run-command.ts'

const drawer = await load(requireZoo('fixtures/sd15-tiny-ts'))
const writer = await load(requireZoo('fixtures/llama-tiny-ts'))
const viewer = await load(requireZoo('fixtures/vit-tiny'))
const hearer = await load(requireZoo('fixtures/whisper-tiny-random'))
const encoder = await load(requireZoo('fixtures/bert-tiny-ts'))

async function written(...lines: readonly (string | object)[]): Promise<string> {
  const path = join(await emptyFolder(), 'asked.jsonl')
  await writeFile(
    path,
    lines.map(line => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  )
  return path
}

async function collected(samples: AsyncIterable<Sample> | Iterable<Sample>): Promise<readonly Sample[]> {
  const all: Sample[] = []
  for await (const sample of samples) all.push(sample)
  return all
}

describe('every kind of line', () => {
  test('prompts: generations are not torn apart between fitting and judging', async () => {
    const ask = (steps: number) => ({
      prompt: 'a plum',
      steps,
      guidance: 3,
      seed: steps,
      width: 16,
      height: 16,
    })
    const path = await written(ask(2), ask(3), ask(4))
    const told: (readonly [number, number])[] = []
    const divided = await divideSamples(drawer, true, { samples: path, onRecorded: (...at) => told.push(at) })
    expect(told).toEqual([[0, 3], [1, 3], [2, 3]]) // prettier-ignore
    const of = (part: string) => (typeof divided.given === 'function' ? divided.given(part) : [])
    const fitted = await collected(of('unet'))
    // PNDM calls once more than it has steps.
    expect(fitted.map(({ run }) => run?.id)).toEqual([0, 0, 0, 1, 1, 1, 1])
    expect(divided.heldOut.get('unet')).toHaveLength(5)
    expect(divided.heldOut.get('text_encoder')?.length).toBeGreaterThan(0)
    expect(await collected(of('vae_decoder'))).toHaveLength(2)
    expect(divided.fitted()).toBe(7)
    await divided.close()
    const one = await divideSamples(drawer, true, { samples: path, calibrate: 1 })
    expect(one.heldOut.get('unet')).toHaveLength(9)
    await one.close()
  })
  test('of many calls, what is compared is spread over all of them', async () => {
    const path = await written({ prompt: 'a plum', steps: 40, guidance: 1, width: 16, height: 16 })
    const times = (await allSamples(path, drawer, {})).get('unet')?.map(feeds => Number(feeds['timestep']?.data[0])) ?? []
    expect(times).toHaveLength(32)
    expect(new Set(times).size).toBe(32)
    expect(Math.min(...times)).toBeLessThan(60)
  }) // prettier-ignore
  test('tokens, texts, pictures and sounds', async () => {
    const tokens = await openSamples(await written({ tokens: [1, 2, 3], maxTokens: 3 }), writer)
    expect([...tokens.groups]).toEqual([['model', [3]]])
    await tokens.close()
    const picture = await written({ picture: 'plum.png' })
    const data = Uint8Array.from({ length: 12 * 12 * 3 }, (_, i) => i % 251)
    await writeFile(join(picture, '../plum.png'), await toPng({ width: 12, height: 12, channels: 3, data }))
    const seen = await openSamples(picture, viewer)
    expect([...seen.groups]).toEqual([['model', [1]]])
    await seen.close()
    const sound = await written({ sound: 'plum.wav', maxTokens: 2 })
    await writeFile(join(sound, '../plum.wav'), wav(1600))
    const heard = await openSamples(sound, hearer)
    expect([...heard.groups.keys()]).toContain('encoder_model')
    await heard.close()
  })
})

describe('what is wrong is said with its place', () => {
  const fine = { prompt: 'a plum', steps: 1, width: 16, height: 16 }
  test.each([
    ['a key', { ...fine, step: 2 }, /asked\.jsonl:2: "step": /],
    ['a value', { ...fine, steps: 0.5 }, /asked\.jsonl:2: "steps": .*0\.5/],
    ['a sample among prompts', { part: 'unet', inputs: {} }, /asked\.jsonl:2: "part": /],
    ['what the pipeline refuses', { ...fine, scheduler: 'none' }, /asked\.jsonl:2: .*none/],
    ['JSON', '{', /asked\.jsonl:2: expected JSON/],
  ])('%s', async (_, line, says) => {
    const opening = openSamples(await written(fine, line), drawer)
    await expect(opening).rejects.toMatchObject({ code: 'samples', message: expect.stringMatching(says) })
  })
  test('a file that is not there, and a model without a pipeline for it', async () => {
    const missing = openSamples(await written({ picture: 'none.png' }), viewer)
    await expect(missing).rejects.toThrow(/asked\.jsonl:1: .*none\.png/)
    await expect(openSamples(await written({ words: 'plum' }), encoder)).rejects.toThrow(
      /asked\.jsonl:1: expected \{ "part": …, "inputs": \{ … \} \}, or one of the keys prompt, .*, got "words"/,
    )
    await expect(openSamples(await written({ text: 'plum' }), encoder)).rejects.toThrow(/asked\.jsonl:1: .*tokenizer/)
  }) // prettier-ignore
  test('an abort is an abort', async () => {
    const stop = new AbortController()
    const path = await written(fine, fine)
    const opening = openSamples(path, drawer, { signal: stop.signal, onRecorded: () => stop.abort() })
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
  })
})

test('the command learns a schedule of prompts', async () => {
  const folder = await folderWith('fixtures/sd15-tiny-ts', 'plum')
  const lines = [1, 2].map(seed => ({ prompt: 'a plum', steps: 6, guidance: 2, seed, width: 16, height: 16 }))
  await writeFile(join(folder, 'p.jsonl'), lines.map(line => JSON.stringify(line)).join('\n'))
  const smash = ['smash', 'plum', '-w', 'auto-cache:speedFactor=0.5@unet', '-o', 'out', '--no-verify']
  const given = await damson(folder, ...smash, '--samples', 'p.jsonl')
  expect([given.notes, given.code]).toEqual(['', 0])
  const without = await damson(folder, ...smash)
  expect(without.notes).toMatch(/Expected samples of "unet" that say which step .*--samples/s)
})

/** A WAV file of silence, 16,000 samples a second. */
function wav(samples: number): Uint8Array {
  const bytes = new Uint8Array(44 + 2 * samples)
  const view = new DataView(bytes.buffer)
  const ascii = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at)
  ascii(0, 'RIFF')
  view.setUint32(4, 36 + 2 * samples, true)
  ascii(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, 16_000, true)
  view.setUint32(28, 32_000, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  ascii(36, 'data')
  view.setUint32(40, 2 * samples, true)
  return bytes
}
