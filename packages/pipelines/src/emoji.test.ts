// Pictures of the emoji models against those that diffusers made from the same weights, prompts, start noise and schedulers.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { load } from '@damson/core'
import { createRuntime, readNpy } from '@damson/runtime'
import { zooTest } from '@damson/zoo/vitest'
import { requireZoo } from '@damson/zoo'
import { afterAll, expect } from 'vitest'
import { readPicture } from './images/files.ts'
import type { Picture } from './images/picture.ts'
import { floatTensor, numbersOf, stacked, type FloatTensor } from './tensors.ts'
import { textToImage } from './text-to-image.ts'

interface Golden {
  readonly file: string
  readonly scheduler: string
  readonly options?: Record<string, unknown>
  readonly prompt: string
  readonly steps: number
  readonly guidance: number
}

// One thread a session: two test files share the cores.
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
afterAll(() => runtime.close())

/** 10·log10(255² / mean squared difference) over all bytes. */
function psnr(a: Picture, b: Picture): number {
  expect([a.width, a.height, a.channels]).toEqual([b.width, b.height, b.channels])
  const squares = a.data.reduce((sum, byte, i) => sum + (byte - (b.data[i] ?? 0)) ** 2, 0)
  return 10 * Math.log10(255 ** 2 / (squares / a.data.length))
}

async function array(file: string): Promise<FloatTensor> {
  const tensor = readNpy(await readFile(file))
  return floatTensor([1, ...tensor.shape.slice(-3)], numbersOf(tensor))
}

/** The first `count` of the eight pictures that a scheduler made. */
async function compare(model: string, prefix: string, count = 8): Promise<void> {
  const folder = requireZoo(`emoji/golden/${model}`)
  const all: readonly Golden[] = JSON.parse(await readFile(join(folder, 'golden.json'), 'utf8'))
  const golden = all.filter(({ file }) => file.startsWith(prefix)).slice(0, count)
  expect(golden.length).toBe(count)
  const noise = requireZoo('emoji/golden/emoji-unet')
  const pipeline = await textToImage(await load(requireZoo(`emoji/${model}`)), { runtime })
  const [first] = golden
  const { pictures, latents } = await pipeline.run({
    prompt: golden.map(({ prompt }) => prompt),
    latents: stacked(await Promise.all(golden.map((_, i) => array(join(noise, `noise-${i}.npy`))))),
    scheduler: { name: first?.scheduler ?? '', config: first?.options ?? {} },
    steps: first?.steps ?? 0,
    guidance: first?.guidance ?? 0,
  })
  await pipeline.close()
  for (const [i, { file }] of golden.entries()) {
    const wanted = await readPicture(await readFile(join(folder, `${file}.png`)))
    expect(psnr(pictures[i] ?? wanted, wanted), file).toBeGreaterThanOrEqual(50)
    const latent = readNpy(await readFile(join(folder, `${file}-latent.npy`)))
    const size = latents.data.length / golden.length
    const far = numbersOf(latent).map((value, k) => Math.abs(value - (latents.data[i * size + k] ?? NaN)))
    expect(Math.max(...far), file).toBeLessThan(2e-4)
  }
}

// All 24 pictures of the U-Net were compared once; a few of each scheduler but the model's own show that it still stands.
for (const [prefix, count] of [
  ['ddim', 8],
  ['dpmpp2m', 2],
  ['euler', 2],
] as const) {
  zooTest('emoji/golden/emoji-unet', `the U-Net with ${prefix} draws what diffusers draws`, () =>
    compare('emoji-unet', prefix, count),
  )
}
zooTest('emoji/golden/emoji-transformer', 'the transformer draws what diffusers draws', () =>
  compare('emoji-transformer', 'flow'),
)
