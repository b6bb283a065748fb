// Pictures in other sizes byte for byte as Pillow makes them, and prepared as the processors of transformers prepare them.
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { madePicture } from '../../test/made-picture.ts'
import { resampled, type Resample } from '../images/resample.ts'
import type { Json } from '../model-files.ts'
import { imageProcessor } from './image-processor.ts'

interface Golden {
  readonly resized: readonly { filter: Resample; width: number; height: number; data: readonly number[] }[]
  readonly prepared: readonly {
    name: string
    config: Json
    shape: readonly number[]
    data: readonly number[]
  }[]
}

const golden: Golden = JSON.parse(
  await readFile(new URL('../../test/golden/processors.json', import.meta.url), 'utf8'),
)
const picture = madePicture()

test.each(golden.resized)('$filter to $width × $height', ({ filter, width, height, data }) => {
  expect([...resampled(picture, width, height, filter).data]).toEqual(data)
})

test.each(golden.prepared)('$name $config.size', ({ config, shape, data }) => {
  const tensor = imageProcessor(config, { channels: 3, size: undefined })(picture)
  expect(tensor.shape).toEqual(shape)
  const worst = tensor.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (data[i] ?? NaN))), 0)
  // Golden values have six decimals.
  expect(worst).toBeLessThan(2e-6)
})

describe('without a configuration', () => {
  test('the size is that of the input, and numbers are in 0…1', () => {
    const { shape, data } = imageProcessor(undefined, { channels: 1, size: [4, 5] })(picture)
    expect(shape).toEqual([1, 1, 4, 5])
    expect(Math.max(...data)).toBeLessThanOrEqual(1)
    expect(Math.max(...data)).toBeGreaterThan(0.3)
    expect(imageProcessor(undefined, { channels: 3, size: undefined })(picture).shape).toEqual([1, 3, 9, 13])
  })
})

test.each([
  [{ do_pad: true }, /"do_pad".*got true/],
  [{ size: { longest_edge: 5 } }, /"size" of the.*expected a height and a width.*longest_edge/],
  [{ resample: 9 }, /"resample".*got 9/],
  [{ size: 4, image_mean: [0.5] }, /"image_mean".*expected 3 numbers/],
])('%j is refused', (config, message) => {
  expect(() => imageProcessor(config, { channels: 3, size: undefined })(picture)).toThrow(message)
})
