// Pictures enlarged in tiles against the same in one piece, and against what they were made from.
import { load } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import { madePicture } from '../test/made-picture.ts'
import type { Picture } from './images/picture.ts'
import { resampled } from './images/resample.ts'
import { record } from './record-pipeline.ts'
import { upscale } from './upscale.ts'
import { tilesOf } from './vision/tiles.ts'

// One thread a session: two test files share the cores.
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
afterAll(() => runtime.close())

/** Differences of bytes: the largest, and the mean. */
function differences(a: Picture, b: Picture): readonly [most: number, mean: number] {
  expect([a.width, a.height, a.channels]).toEqual([b.width, b.height, b.channels])
  const all = a.data.map((byte, i) => Math.abs(byte - (b.data[i] ?? 0)))
  return [
    all.reduce((most, each) => Math.max(most, each), 0),
    all.reduce((sum, each) => sum + each, 0) / all.length,
  ]
}

/** Soft shapes, as photographs have them. */
const picture = resampled(madePicture(8, 4), 80, 40, 'bicubic')

for (const [name, factor] of [
  ['esrgan_rdn_x2_slim', 2],
  ['esrgan_rdn_x4_slim', 4],
] as const) {
  zooTest(`models/${name}.onnx`, 'tiles are seamless', async file => {
    const pipeline = await upscale(await load(file), { runtime, white: 255 })
    const whole = await pipeline.run({ picture, tile: Infinity })
    expect([whole.factor, whole.picture.width, whole.picture.height]).toEqual([
      factor,
      80 * factor,
      40 * factor,
    ])
    expect(differences(resampled(whole.picture, 80, 40, 'box'), picture)[1]).toBeLessThan(3)
    const seen: number[] = []
    const tiled = await pipeline.run({
      picture,
      tile: 64,
      onTile: ({ tile, tiles }) => void seen.push(tile / tiles),
    })
    expect(seen).toEqual([0.5, 1])
    const [most, mean] = differences(tiled.picture, whole.picture)
    expect(most).toBeLessThanOrEqual(1)
    expect(mean).toBeLessThan(0.001)
    // Without overlap the seams show.
    expect(
      differences((await pipeline.run({ picture, tile: 64, overlap: 0 })).picture, whole.picture)[0],
    ).toBeGreaterThan(8)
    await pipeline.close()
  })
}

test('each tile is a call, and abort comes between them', async () => {
  const pipeline = await upscale(await load(requireZoo('models/esrgan_rdn_x2_slim.onnx')), {
    runtime,
    white: 255,
  })
  const samples = await record(pipeline, [{ picture, tile: 40, overlap: 8 }])
  const shapes: unknown[] = []
  for await (const { feeds } of samples) shapes.push(feeds['LR']?.shape)
  expect(shapes).toEqual(Array.from({ length: 3 }, () => [1, 3, 40, 40]))
  await samples.close()
  const controller = new AbortController()
  const run = pipeline.run({
    picture,
    tile: 40,
    overlap: 8,
    signal: controller.signal,
    onTile: () => controller.abort(),
  })
  await expect(run).rejects.toThrow(/abort/i)
  await expect(pipeline.run({ picture, tile: 40, overlap: 30 })).rejects.toThrow(
    /at most half a tile, got 30 for tiles of 40 × 40/,
  )
  await pipeline.close()
})

test('tiles cover everything, and count nothing at their edges', () => {
  for (const [length, size, overlap] of [
    [100, 40, 8],
    [41, 40, 16],
    [1000, 128, 32],
    [90, 64, 0],
  ] as const) {
    const tiles = tilesOf(length, size, overlap)
    const sums = new Float32Array(length)
    for (const { from, weights } of tiles)
      for (const [i, weight] of weights.entries()) sums[from + i] = (sums[from + i] ?? 0) + weight
    expect(sums.every(sum => sum > 0)).toBe(true)
    expect(tiles.at(-1)).toMatchObject({ from: length - size, length: size })
    if (overlap > 0)
      expect([tiles[0]?.weights[0], tiles[0]?.weights.at(-1), tiles[1]?.weights[0]]).toEqual([1, 0, 0])
  }
  expect(tilesOf(30, 40, 8)).toEqual([{ from: 0, length: 30, weights: new Float32Array(30).fill(1) }])
})
