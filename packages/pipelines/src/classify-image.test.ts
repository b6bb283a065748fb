// Classifiers of the field's shapes: batched as alone, named, and right where the model is trained.
import { load } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import { drawn, madePicture } from '../test/made-picture.ts'
import { classifyImage } from './classify-image.ts'
import { record } from './record-pipeline.ts'

// One thread a session: two test files share the cores.
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
afterAll(() => runtime.close())

for (const name of ['resnet-tiny-ts', 'resnet-tiny-dynamo', 'vit-tiny']) {
  zooTest(`fixtures/${name}`, 'a batch is classified as its pictures alone', async folder => {
    const preprocessor = {
      size: { height: 32, width: 32 },
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.3, 0.3, 0.3],
    }
    const pipeline = await classifyImage(await load(folder), { runtime, preprocessor })
    const pictures = [madePicture(), madePicture(40, 30), madePicture(64, 64)]
    const { classes } = await pipeline.run({ picture: pictures, top: 10, batch: 2 })
    expect(classes.length).toBe(3)
    for (const [i, picture] of pictures.entries()) {
      const [alone = []] = (await pipeline.run({ picture, top: 10 })).classes
      expect(alone.map(({ label }) => label)).toEqual(classes[i]?.map(({ label }) => label))
      expect(alone.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5)
      expect(alone.every(({ score }, at) => Math.abs(score - (classes[i]?.[at]?.score ?? NaN)) < 1e-5)).toBe(
        true,
      )
      expect(alone[0]?.label).toMatch(/^LABEL_\d$/)
    }
    const samples = await record(pipeline, [{ picture: pictures, batch: 2 }])
    const shapes: unknown[] = []
    for await (const { feeds } of samples.of('model')) shapes.push(feeds['pixel_values']?.shape)
    expect(shapes).toEqual([
      [2, 3, 32, 32],
      [1, 3, 32, 32],
    ])
    await samples.close()
    await pipeline.close()
  })
}

const digits = [
  [
    '............',
    '.....##.....',
    '....###.....',
    '.....##.....',
    '.....##.....',
    '.....##.....',
    '.....##.....',
    '.....##.....',
    '.....##.....',
    '....####....',
    '............',
    '............',
  ],
  [
    '............',
    '............',
    '..########..',
    '..########..',
    '........##..',
    '.......##...',
    '......##....',
    '......##....',
    '.....##.....',
    '.....##.....',
    '.....##.....',
    '............',
  ],
  [
    '............',
    '....####....',
    '...##..##...',
    '..##....##..',
    '..##....##..',
    '..##....##..',
    '..##....##..',
    '..##....##..',
    '...##..##...',
    '....####....',
    '............',
    '............',
  ],
]

zooTest('models/mnist8.onnx', 'a trained classifier reads digits, one at a time', async file => {
  const pipeline = await classifyImage(await load(file), { runtime, preprocessor: { do_rescale: false } })
  const { classes } = await pipeline.run({ picture: digits.map(lines => drawn(lines, 3)), top: 1 })
  expect(classes.map(([best]) => best?.label)).toEqual(['1', '7', '0'])
  expect(classes.every(([best]) => (best?.score ?? 0) > 0.5)).toBe(true)
  await pipeline.close()
})

test('labels may be given, and other models are refused', async () => {
  const labels = Array.from({ length: 10 }, (_, i) => `class ${i}`)
  const pipeline = await classifyImage(await load(requireZoo('fixtures/vit-tiny')), { runtime, labels })
  const { classes } = await pipeline.run({ picture: madePicture() })
  expect(classes[0]?.length).toBe(5)
  expect(classes[0]?.every(({ index, label }) => label === `class ${index}`)).toBe(true)
  await pipeline.close()
  await expect(classifyImage(await load(requireZoo('fixtures/bert-tiny-ts')))).rejects.toThrow(
    /takes pictures.*got model/,
  )
})
