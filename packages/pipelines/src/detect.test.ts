// Detectors: numbers of a known place become the box there, overlapping boxes become one, and trained models find what is drawn.
import { readFile } from 'node:fs/promises'
import { load } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import { madePicture } from '../test/made-picture.ts'
import { detect } from './detect.ts'
import { readPicture } from './images/files.ts'
import type { Picture } from './images/picture.ts'
import { resampled } from './images/resample.ts'
import { record } from './record-pipeline.ts'
import { floatTensor } from './tensors.ts'
import { overlapOf, suppressed, type Box } from './vision/boxes.ts'
import { openDetector } from './vision/detector.ts'
import { openPictureInput } from './vision/picture-input.ts'

// One thread a session: two test files share the cores.
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
afterAll(() => runtime.close())

const box = (left: number, top: number, width: number, height: number): Box => ({ left, top, width, height })

async function emoji(index: number, size: number): Promise<Picture> {
  const file = requireZoo(`emoji/golden/emoji-unet/ddim-${index}.png`)
  return resampled(await readPicture(await readFile(file)), size, size, 'bicubic')
}

test('boxes that overlap a better one of their class go', () => {
  expect(overlapOf(box(0, 0, 10, 10), box(5, 0, 10, 10))).toBeCloseTo(50 / 150, 10)
  expect(overlapOf(box(0, 0, 10, 10), box(10, 0, 10, 10))).toBe(0)
  const found = [
    { box: box(0, 0, 10, 10), index: 1, score: 0.6 },
    { box: box(1, 0, 10, 10), index: 1, score: 0.9 },
    { box: box(1, 0, 10, 10), index: 2, score: 0.5 },
    { box: box(20, 0, 10, 10), index: 1, score: 0.4 },
  ]
  expect(suppressed(found, 0.45).map(({ score }) => score)).toEqual([0.9, 0.5, 0.4])
  expect(suppressed(found, 0.95).length).toBe(4)
})

zooTest('models/yolox_nano_coco.onnx', 'a cell says where its box is', async file => {
  const detector = openDetector(openPictureInput(await load(file)))
  const output = floatTensor([1, 3549, 85], new Float32Array(3549 * 85))
  // In the second grid (stride 16, 26 columns), column 3, row 5.
  const cell = 52 * 52 + 5 * 26 + 3
  output.data.set([0.5, 0.25, Math.log(2), Math.log(4), 0.9], cell * 85)
  output.data[cell * 85 + 5 + 7] = 0.8
  const wide = madePicture(832, 416)
  const [found, ...others] = detector.read({ output }, wide, 0.3)
  expect(others).toEqual([])
  // Center (56, 84), size 32 × 64, in a picture of half the size.
  expect(found?.box.left).toBeCloseTo(80, 4)
  expect(found?.box.top).toBeCloseTo(104, 4)
  expect([found?.box.width, found?.box.height].map(value => Math.round(value ?? 0))).toEqual([64, 128])
  expect([found?.index, found?.score.toFixed(3)]).toEqual([7, '0.720'])
  const { shape, data } = detector.prepare(wide)
  expect(shape).toEqual([1, 3, 416, 416])
  // Grey below the picture, and blue first.
  expect(data[416 * 300]).toBe(114)
  const red = {
    width: 4,
    height: 4,
    channels: 3 as const,
    data: Uint8Array.from({ length: 48 }, (_, i) => (i % 3 === 0 ? 255 : 0)),
  }
  const planes = detector.prepare(red).data
  expect([planes[0], planes[416 * 416], planes[2 * 416 * 416]]).toEqual([0, 0, 255])
})

zooTest('models/yolox_nano_coco.onnx', 'a trained detector finds fruit', async file => {
  const pipeline = await detect(await load(file), { runtime })
  const { detections } = await pipeline.run({ picture: [await emoji(2, 300), madePicture(40, 30)] })
  const [first] = detections[0] ?? []
  // Apple and orange of COCO: the emoji is glossy.
  expect(['47', '49']).toContain(first?.label)
  expect(first?.score).toBeGreaterThan(0.4)
  expect(overlapOf(first?.box ?? box(0, 0, 0, 0), box(45, 60, 210, 230))).toBeGreaterThan(0.6)
  expect(detections[1]).toEqual([])
  await pipeline.close()
})

zooTest('models/ultraface_rfb320.onnx', 'a trained detector finds a face', async file => {
  const pipeline = await detect(await load(file), { runtime, labels: ['face'] })
  const input = { picture: await emoji(5, 400), threshold: 0.7 }
  const { detections } = await pipeline.run(input)
  expect(detections[0]?.length).toBe(1)
  const [face] = detections[0] ?? []
  expect(face).toMatchObject({ label: 'face', index: 0 })
  expect(overlapOf(face?.box ?? box(0, 0, 0, 0), box(67, 140, 273, 221))).toBeGreaterThan(0.7)
  const samples = await record(pipeline, [input, { picture: [madePicture(), madePicture(20, 20)] }])
  expect([samples.size, samples.parts]).toEqual([3, ['ultraface_rfb320']])
  await samples.close()
  await pipeline.close()
})

test('other models are refused', async () => {
  await expect(detect(await load(requireZoo('fixtures/vit-tiny')))).rejects.toThrow(
    /scores and boxes, or one of YOLOX.*got the outputs logits/,
  )
})
