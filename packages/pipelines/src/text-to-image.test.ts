// Every class of model runs, and what is promised of runs holds: seeds, batches, guidance modes, latents in and out, callbacks,
// abort. The fixtures have random weights, so their pictures mean nothing; the emoji model is trained.
import { load } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import type { TextToImageInput } from './diffusion/image-input.ts'
import { readPicture, toPng } from './images/files.ts'
import { normalNoise } from './noise/normal-noise.ts'
import { record } from './record-pipeline.ts'
import { floatTensor } from './tensors.ts'
import { textToImage, type TextToImage } from './text-to-image.ts'

// One thread a session: two test files share the cores.
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
afterAll(() => runtime.close())

const opened = new Map<string, Promise<TextToImage>>()

/** Opened once for all tests: what pipelines remember between runs would show. */
function open(path: string): Promise<TextToImage> {
  const pipeline = opened.get(path) ?? load(requireZoo(path)).then(model => textToImage(model, { runtime }))
  opened.set(path, pipeline)
  return pipeline
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length)
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0)
}

const random = (shape: readonly number[], seed: number): ReturnType<typeof floatTensor> =>
  floatTensor(
    shape,
    normalNoise(
      shape.reduce((a, b) => a * b, 1),
      { seed },
    ),
  )

for (const path of ['fixtures/sd15-tiny-ts', 'fixtures/sd15-tiny-dynamo', 'fixtures/sdxl-tiny']) {
  zooTest(path, 'a U-Net with text encoders draws, batched as one by one', async () => {
    const pipeline = await open(path)
    const input: TextToImageInput = { prompt: 'a cat', negativePrompt: 'a dog', steps: 3, seed: 7 }
    const batched = await pipeline.run({ ...input, imagesPerPrompt: 2 })
    expect(batched.pictures.map(({ width, height, channels }) => [width, height, channels])).toEqual([
      [32, 32, 3],
      [32, 32, 3],
    ])
    expect(batched.seeds).toEqual([7, 8])
    expect(batched.latents.data.every(Number.isFinite)).toBe(true)
    const second = await pipeline.run({ ...input, seed: 8, guidanceMode: 'sequential' })
    const half = batched.latents.data.length / 2
    expect(largestDifference(batched.latents.data.subarray(half), second.latents.data)).toBeLessThan(1e-4)
    expect(largestDifference(batched.latents.data.subarray(0, half), second.latents.data)).toBeGreaterThan(
      0.1,
    )
  })
}

zooTest('fixtures/sdxl-tiny', 'the negative branch is zeros without a negative prompt', async () => {
  const pipeline = await open('fixtures/sdxl-tiny')
  const samples = await record(pipeline, [{ prompt: 'a cat', steps: 1 }])
  for await (const { feeds } of samples.of('unet')) {
    const { shape = [], data = [] } = feeds['text_embeds'] ?? {}
    expect(shape).toEqual([2, 64])
    expect([...data].slice(0, 64).every(value => Number(value) === 0)).toBe(true)
    expect([...data].slice(64).every(value => Number(value) === 0)).toBe(false)
    expect([...(feeds['time_ids']?.data ?? [])].slice(0, 6)).toEqual([32, 32, 0, 0, 32, 32])
  }
  await samples.close()
})

zooTest(
  'fixtures/sd3-tiny',
  'a transformer without encoders runs on given conditioning, to latents',
  async () => {
    const pipeline = await open('fixtures/sd3-tiny')
    const conditioning = { states: random([1, 5, 32], 1), pooled: random([1, 24], 2) }
    const negativeConditioning = { states: random([1, 5, 32], 3), pooled: random([1, 24], 4) }
    const input = { conditioning, negativeConditioning, steps: 3, output: 'latents' as const }
    const { latents, pictures } = await pipeline.run(input)
    expect(latents.shape).toEqual([1, 4, 16, 16])
    expect(pictures).toEqual([])
    expect(latents.data.every(Number.isFinite)).toBe(true)
    await expect(pipeline.run({ prompt: 'a cat' })).rejects.toThrow(/no text encoder/)
    await expect(pipeline.run({ conditioning })).rejects.toThrow(/negativeConditioning for guidance above 1/)
  },
)

zooTest('fixtures/flux-tiny', 'Flux packs its latents, and is told the guidance', async () => {
  const pipeline = await open('fixtures/flux-tiny')
  const conditioning = { states: random([1, 5, 32], 1), pooled: random([1, 24], 2) }
  const input = { conditioning, steps: 2, width: 64, height: 128, output: 'latents' as const }
  const { latents } = await pipeline.run({ ...input, guidance: 2 })
  expect(latents.shape).toEqual([1, 4, 16, 8])
  const other = await pipeline.run({ ...input, guidance: 6 })
  expect(largestDifference(latents.data, other.latents.data)).toBeGreaterThan(1e-4)
  await expect(pipeline.run({ ...input, width: 65 })).rejects.toThrow(/divisible by 16, got 65 × 128/)
})

zooTest('fixtures/sd15-tiny-ts', 'LCM runs four steps without a second branch', async () => {
  const pipeline = await open('fixtures/sd15-tiny-ts')
  const samples = await record(pipeline, [
    { prompt: 'a cat', steps: 4, guidance: 1, scheduler: 'LCMScheduler', imagesPerPrompt: 2 },
  ])
  const calls: unknown[] = []
  for await (const { feeds, run } of samples.of('unet')) {
    calls.push([run?.step, run?.branch, feeds['sample']?.shape[0], Number(feeds['timestep']?.data[0])])
  }
  expect(calls).toEqual([
    [0, 'cond', 2, 999],
    [1, 'cond', 2, 759],
    [2, 'cond', 2, 499],
    [3, 'cond', 2, 259],
  ])
  await samples.close()
})

zooTest('models/ddpm_mnist_28.onnx', 'a denoiser of pixels draws from noise alone', async () => {
  const pipeline = await open('models/ddpm_mnist_28.onnx')
  const { pictures, latents } = await pipeline.run({
    steps: 25,
    seed: 3,
    imagesPerPrompt: 2,
    scheduler: 'DDIMScheduler',
  })
  expect(pictures.map(({ width, height, channels }) => [width, height, channels])).toEqual([
    [28, 28, 1],
    [28, 28, 1],
  ])
  // A digit is a bright line on an even ground (whose grey drifts in this model); noise has no ground.
  for (const row of [0, 1]) {
    const values = latents.data.slice(row * 784, (row + 1) * 784).sort()
    const [least, ground, most] = [values[0] ?? 0, values[392] ?? 0, values[783] ?? 0]
    const even = values.filter(value => Math.abs(value - ground) < (most - least) / 10).length
    expect(even).toBeGreaterThan(784 * 0.5)
  }
  const first = await pipeline.run({ steps: 2, output: 'latents' })
  expect(first.latents.shape).toEqual([1, 1, 28, 28])
  await expect(pipeline.run({ prompt: 'a seven' })).rejects.toThrow(/Expected no prompt/)
})

zooTest('emoji/emoji-unet', 'runs repeat, resume from latents, tell their progress, and abort', async () => {
  const pipeline = await open('emoji/emoji-unet')
  const seen: unknown[] = []
  const input: TextToImageInput = { prompt: 'pizza', steps: 3, seed: 5, guidance: 4 }
  const first = await pipeline.run({
    ...input,
    async onStep({ step, steps, preview }) {
      const [picture] = await preview()
      seen.push([step, steps, picture?.width])
    },
  })
  expect(seen).toEqual([
    [1, 3, 64],
    [2, 3, 64],
    [3, 3, 64],
  ])
  const again = await pipeline.run({ ...input, latents: random([1, 4, 16, 16], 5) })
  expect(again.latents.data).toEqual(first.latents.data)
  expect(again.pictures).toEqual(first.pictures)
  const stop = new AbortController()
  const run = pipeline.run({ ...input, signal: stop.signal, onStep: () => stop.abort() })
  await expect(run).rejects.toThrow(/abort/i)
  await expect(pipeline.run({ ...input, seed: [1, 2] })).rejects.toThrow(/Expected 1 seeds/)
  await expect(pipeline.run({ ...input, latents: random([1, 4, 8, 8], 5) })).rejects.toThrow(
    /\[1, 4, 16, 16\]/,
  )
})

test('models that draw nothing are refused', async () => {
  const model = await load(requireZoo('fixtures/bert-tiny-ts'))
  await expect(textToImage(model)).rejects.toThrow(/Expected a part unet or transformer, got model/)
})

test('a picture survives its PNG', async () => {
  const data = Uint8Array.from({ length: 5 * 3 * 3 }, (_, i) => (i * 37) % 256)
  const png = await toPng({ width: 5, height: 3, channels: 3, data })
  expect(await readPicture(png)).toEqual({ width: 5, height: 3, channels: 3, data })
})
