// The spectrogram against Whisper's feature extractor of transformers, and the transform below it against its definition.
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { numbers } from '../../test/made-picture.ts'
import { fourier } from './fourier.ts'
import { logMel } from './log-mel.ts'

interface Golden {
  readonly mel: {
    readonly shape: readonly number[]
    readonly frames: readonly { readonly frame: number; readonly data: readonly number[] }[]
    readonly sums: readonly number[]
  }
}

const golden: Golden = JSON.parse(
  await readFile(new URL('../../test/golden/processors.json', import.meta.url), 'utf8'),
)

/** The sound of tooling/peers/processors-golden.py: a tone that rises, and noise. */
const sound = Float32Array.from(numbers(32_000), (number, i) => {
  const time = i / 16_000
  return 0.3 * Math.sin(2 * Math.PI * (200 + 900 * time) * time) + 0.05 * (number / 2 ** 24 - 0.5)
})

test('features equal those of transformers', () => {
  const { shape, data } = logMel(sound, 80, 3000)
  expect(shape.slice(1)).toEqual(golden.mel.shape)
  for (const { frame, data: expected } of golden.mel.frames) {
    const worst = expected.reduce(
      (most, value, band) => Math.max(most, Math.abs(value - (data[band * 3000 + frame] ?? NaN))),
      0,
    )
    expect(worst, `frame ${frame}`).toBeLessThan(1e-4)
  }
  for (const [band, expected] of golden.mel.sums.entries()) {
    const sum = data.subarray(band * 3000, (band + 1) * 3000).reduce((total, value) => total + value, 0)
    expect(Math.abs(sum - expected) / 3000).toBeLessThan(1e-5)
  }
})

test('silence is the floor', () => {
  const { data } = logMel(new Float32Array(0), 16, 64)
  expect(data.every(value => value === -1.5)).toBe(true)
})

test.each([1, 2, 7, 12, 25, 400])('a transform of %i numbers is its definition', length => {
  const frame = Float64Array.from(numbers(length), value => value / 2 ** 24 - 0.5)
  const power = fourier(length).power(frame)
  expect(power.length).toBe(Math.floor(length / 2) + 1)
  for (const [k, value] of power.entries()) {
    let [re, im] = [0, 0]
    for (const [i, x] of frame.entries()) {
      re += x * Math.cos((2 * Math.PI * k * i) / length)
      im -= x * Math.sin((2 * Math.PI * k * i) / length)
    }
    expect(Math.abs(value - (re * re + im * im))).toBeLessThan(1e-9)
  }
})
