// What starts from a picture: little strength keeps it, a mask keeps its dark side, and models made for inpainting see the mask.
import { load } from '@damson/core'
import { memoryTensor, onnx } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { imageToImage } from './image-to-image.ts'
import type { Picture } from './images/picture.ts'
import { inpaint } from './inpaint.ts'
import { record } from './record-pipeline.ts'
import { textToImage } from './text-to-image.ts'

// One thread a session: two test files share the cores.
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
afterAll(() => runtime.close())

const from = memoryTensor('int64', [1], BigInt64Array.of(0n))
const to = memoryTensor('int64', [1], BigInt64Array.of(4n))
const axis = memoryTensor('int64', [1], BigInt64Array.of(1n))

/** A denoiser that says that all of its latents are noise. */
const nineChannels = onnx`<ir_version: 8, opset_import: ["" : 17]> unet (float[batch_size,9,height,width] sample, int64[1] timestep, float[batch_size,sequence_length,32] encoder_hidden_states) => (float[batch_size,4,height,width] out_sample) <int64[1] from = ${from}, int64[1] to = ${to}, int64[1] axis = ${axis}> { out_sample = Slice(sample, from, to, axis) }`

/** Mean difference of bytes over the columns that `keep` takes. */
function meanDifference(a: Picture, b: Picture, keep: (x: number) => boolean = () => true): number {
  const differences = [...a.data].flatMap((byte, i) =>
    keep(Math.floor(i / a.channels) % a.width) ? [Math.abs(byte - (b.data[i] ?? 0))] : [],
  )
  return differences.reduce((sum, each) => sum + each, 0) / differences.length
}

const must = (picture: Picture | undefined): Picture => {
  if (!picture) throw new Error('expected a picture')
  return picture
}

zooTest('emoji/emoji-unet', 'strength says how much of the picture stays', async () => {
  const model = await load(requireZoo('emoji/emoji-unet'))
  const draw = await textToImage(model, { runtime })
  const picture = must((await draw.run({ prompt: 'pizza', steps: 8, seed: 5, guidance: 4 })).pictures[0])
  const pipeline = await imageToImage(model, { runtime })
  const far: number[] = []
  const calls: number[] = []
  for (const strength of [0.1, 0.5, 0.9]) {
    let steps = 0
    const onStep = (): void => void steps++
    const input = { prompt: 'panda face', picture, strength, steps: 10, guidance: 4, seed: 1, onStep }
    far.push(meanDifference(must((await pipeline.run(input)).pictures[0]), picture))
    calls.push(steps)
  }
  expect(calls).toEqual([1, 5, 9])
  expect(far[0]).toBeLessThan(12)
  expect(far[1]).toBeGreaterThan(far[0] ?? 0)
  expect(far[2]).toBeGreaterThan(far[1] ?? 0)
  await expect(pipeline.run({ prompt: 'pizza', picture, strength: 0 })).rejects.toThrow(/strength above 0/)
  await expect(pipeline.run({ prompt: 'pizza', picture, strength: 0.1, steps: 5 })).rejects.toThrow(
    /leaves a step/,
  )
})

zooTest('emoji/emoji-unet', 'the dark side of a mask stays, the bright one is drawn anew', async () => {
  const model = await load(requireZoo('emoji/emoji-unet'))
  const draw = await textToImage(model, { runtime })
  const picture = must((await draw.run({ prompt: 'pizza', steps: 8, seed: 5, guidance: 4 })).pictures[0])
  const data = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 32 ? 0 : 255))
  const mask: Picture = { width: 64, height: 64, channels: 1, data }
  const pipeline = await inpaint(model, { runtime })
  for (const scheduler of ['DDIMScheduler', 'EulerDiscreteScheduler']) {
    const input = { prompt: 'panda face', picture, mask, steps: 6, guidance: 4, seed: 1, scheduler }
    const made = must((await pipeline.run(input)).pictures[0])
    // The decoder looks beyond a latent pixel, so columns beside the border change a little.
    const kept = meanDifference(made, picture, x => x < 24)
    expect(kept).toBeLessThan(8)
    expect(meanDifference(made, picture, x => x >= 36)).toBeGreaterThan(3 * kept)
  }
})

zooTest('fixtures/sd15-tiny-ts', 'Heun, PNDM and UniPC start in the middle', async () => {
  const pipeline = await imageToImage(await load(requireZoo('fixtures/sd15-tiny-ts')), { runtime })
  const picture: Picture = { width: 32, height: 32, channels: 3, data: new Uint8Array(32 * 32 * 3).fill(200) }
  for (const scheduler of [
    'HeunDiscreteScheduler',
    'PNDMScheduler',
    'UniPCMultistepScheduler',
    'LCMScheduler',
  ]) {
    const steps: string[] = []
    const { latents } = await pipeline.run({
      ...{ prompt: 'a cat', picture, strength: 0.5, steps: 6, scheduler, output: 'latents' },
      onStep: ({ step, steps: of }) => void steps.push(`${step}/${of}`),
    })
    expect(latents.data.every(Number.isFinite)).toBe(true)
    // PNDM repeats a step of its whole schedule, LCM plans all its steps below the strength.
    const total = { PNDMScheduler: 4, LCMScheduler: 6 }[scheduler] ?? 3
    expect(steps).toEqual(Array.from({ length: total }, (_, i) => `${i + 1}/${total}`))
  }
})

zooTest(
  'fixtures/sd15-tiny-ts',
  'a model of nine channels sees the mask and the rest of the picture',
  async () => {
    const plain = await load(requireZoo('fixtures/sd15-tiny-ts'))
    const config = new TextEncoder().encode('{ "in_channels": 9, "sample_size": 16 }')
    const read = async (offset: number, into: Uint8Array): Promise<void> =>
      into.set(config.subarray(offset, offset + into.length))
    const source = { name: 'config', key: 'config', size: config.length, read }
    const model = plain
      .withGraph('unet', nineChannels)
      .with({ files: new Map([...plain.files, ['unet/config.json', source]]) })
    const pipeline = await inpaint(model, { runtime })
    const picture: Picture = {
      width: 32,
      height: 32,
      channels: 3,
      data: new Uint8Array(32 * 32 * 3).fill(200),
    }
    const data = Uint8Array.from({ length: 32 * 32 }, (_, i) => (i % 32 < 16 ? 0 : 255))
    const mask: Picture = { width: 32, height: 32, channels: 1, data }
    const samples = await record(pipeline, [{ prompt: 'a cat', picture, mask, steps: 2, imagesPerPrompt: 2 }])
    for await (const { feeds } of samples.of('unet')) {
      const { shape = [], data: fed = [] } = feeds['sample'] ?? {}
      expect(shape).toEqual([4, 9, 16, 16])
      for (const row of [0, 1, 2, 3]) {
        const channel = [...fed].slice((row * 9 + 4) * 256, (row * 9 + 5) * 256)
        expect(channel).toEqual(Array.from({ length: 256 }, (_, i) => (i % 16 < 8 ? 0 : 1)))
      }
      // Each picture's masked latents are drawn from its own noise; both branches see the same.
      const hidden = (row: number): readonly unknown[] =>
        [...fed].slice((row * 9 + 5) * 256, (row * 9 + 9) * 256)
      expect(hidden(2)).toEqual(hidden(0))
      expect(hidden(1)).not.toEqual(hidden(0))
    }
    await samples.close()
  },
)
