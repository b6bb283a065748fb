// Pictures in other sizes, byte for byte as Pillow 12 makes them: each new pixel is a weighted sum of those below a filter, which is
// as wide as the old pixels that fall on one new one; first along rows, then along columns.
import type { Picture } from './picture.ts'

export type Resample = 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos'

interface Filter {
  readonly support: number
  weight(x: number): number
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

const filters: Readonly<Record<Exclude<Resample, 'nearest'>, Filter>> = {
  box: { support: 0.5, weight: x => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: x => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight: x => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))),
  },
  bicubic: { support: 2, weight: x => cubic(Math.abs(x)) },
  lanczos: { support: 3, weight: x => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
}

/** Keys 1981 with a = −1/2. */
function cubic(x: number): number {
  const a = -0.5
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
}

/** The picture at another size. */
export function resampled(picture: Picture, width: number, height: number, resample: Resample): Picture {
  if (picture.width === width && picture.height === height) return picture
  if (resample === 'nearest') return nearest(picture, width, height)
  const filter = filters[resample]
  const wide = picture.width === width ? picture : alongRows(picture, weightsOf(picture.width, width, filter))
  return wide.height === height ? wide : alongColumns(wide, weightsOf(wide.height, height, filter))
}

interface Weights {
  readonly from: number
  /** Whole numbers that add up to about 2^22. */
  readonly values: readonly number[]
}

/** Pillow weighs bytes with whole numbers. */
const one = 2 ** 22

/** For each new pixel the weights of the old ones below it. */
function weightsOf(before: number, after: number, { support, weight }: Filter): readonly Weights[] {
  const scale = before / after
  const stretch = Math.max(scale, 1)
  return Array.from({ length: after }, (_, i) => {
    const center = (i + 0.5) * scale
    const from = Math.max(0, Math.trunc(center - support * stretch + 0.5))
    const to = Math.min(before, Math.trunc(center + support * stretch + 0.5))
    const raw = Array.from({ length: to - from }, (_w, x) => weight((x + from - center + 0.5) / stretch))
    const total = raw.reduce((sum, value) => sum + value, 0)
    return { from, values: raw.map(value => roundAway((value / total) * one)) }
  })
}

/** Halves away from zero, as C rounds. */
const roundAway = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5)

const byteOf = (sum: number): number => Math.max(0, Math.min(255, Math.floor((sum + one / 2) / one)))

function alongRows({ width, height, channels, data }: Picture, weights: readonly Weights[]): Picture {
  const result = new Uint8Array(weights.length * height * channels)
  for (let y = 0; y < height; y++) {
    for (const [x, { from, values }] of weights.entries()) {
      for (let c = 0; c < channels; c++) {
        const start = (y * width + from) * channels + c
        const sum = values.reduce((total, value, i) => total + value * (data[start + i * channels] ?? 0), 0)
        result[(y * weights.length + x) * channels + c] = byteOf(sum)
      }
    }
  }
  return { width: weights.length, height, channels, data: result }
}

function alongColumns({ width, channels, data }: Picture, weights: readonly Weights[]): Picture {
  const line = width * channels
  const result = new Uint8Array(line * weights.length)
  for (const [y, { from, values }] of weights.entries()) {
    for (let x = 0; x < line; x++) {
      const sum = values.reduce((total, value, i) => total + value * (data[(from + i) * line + x] ?? 0), 0)
      result[y * line + x] = byteOf(sum)
    }
  }
  return { width, height: weights.length, channels, data: result }
}

function nearest(picture: Picture, width: number, height: number): Picture {
  const { channels, data } = picture
  const result = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * picture.height) / height) * picture.width
    for (let x = 0; x < width; x++) {
      const from = (row + Math.floor(((x + 0.5) * picture.width) / width)) * channels
      result.set(data.subarray(from, from + channels), (y * width + x) * channels)
    }
  }
  return { width, height, channels, data: result }
}
