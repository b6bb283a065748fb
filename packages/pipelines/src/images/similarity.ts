// How like each other two pictures are: PSNR, which sees every byte alike, and SSIM, which looks at structure in windows
// (Wang, Bovik, Sheikh, Simoncelli: Image quality assessment: from error visibility to structural similarity, 2004).
import { DamsonError } from '@damson/graph'
import type { Picture } from './picture.ts'

/** 10·log10(255² / mean squared difference) over all bytes, in decibels; Infinity for equal pictures. Throws `picture`. */
export function psnr(a: Picture, b: Picture): number {
  checkAlike(a, b)
  const squares = a.data.reduce((sum, byte, i) => sum + (byte - (b.data[i] ?? 0)) ** 2, 0)
  return squares === 0 ? Infinity : 10 * Math.log10(255 ** 2 / (squares / a.data.length))
}

const radius = 5
/** Gaussian of σ = 1.5 over 11 pixels, as in the paper. */
const window = gaussian(radius, 1.5)
const c1 = (0.01 * 255) ** 2
const c2 = (0.03 * 255) ** 2

/**
 * Mean structural similarity over all windows of 11 × 11 that lie inside the picture and over all channels; 1 for equal
 * pictures. Variances are the plain ones, without Bessel's correction. Throws `picture`.
 */
export function ssim(a: Picture, b: Picture): number {
  checkAlike(a, b)
  const { width, height, channels } = a
  if (Math.min(width, height) <= 2 * radius)
    throw new DamsonError('picture', `Expected pictures of at least 11 × 11, got ${width} × ${height}.`)
  const blur = (values: Float64Array): Float64Array => blurred(values, width, height)
  const similarities = Array.from({ length: channels }, (_, channel) => {
    const [x, y] = [plane(a, channel), plane(b, channel)]
    const [mx, my] = [blur(x), blur(y)]
    const [xx, yy, xy] = [blur(product(x, x)), blur(product(y, y)), blur(product(x, y))]
    return mean(mx.map((m, i) => similarity(m, my[i] ?? 0, xx[i] ?? 0, yy[i] ?? 0, xy[i] ?? 0)))
  })
  return mean(similarities)
}

/** (2·x̄·ȳ + c1)(2·σxy + c2) / ((x̄² + ȳ² + c1)(σx² + σy² + c2)) from the window's mean values and products. */
function similarity(mx: number, my: number, xx: number, yy: number, xy: number): number {
  const [vx, vy, covariance] = [xx - mx * mx, yy - my * my, xy - mx * my]
  return ((2 * mx * my + c1) * (2 * covariance + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2))
}

/** The difference of two pictures, `gain` times as strong: black where they agree. Throws `picture`. */
export function differenceOf(a: Picture, b: Picture, gain = 1): Picture {
  checkAlike(a, b)
  const opacity = a.channels === 4
  const data = a.data.map((byte, i) =>
    opacity && i % 4 === 3 ? 255 : Math.min(255, gain * Math.abs(byte - (b.data[i] ?? 0))),
  )
  return { ...a, data }
}

function checkAlike(a: Picture, b: Picture): void {
  const [one, other] = [a, b].map(({ width, height, channels }) => `${width} × ${height} × ${channels}`)
  if (one !== other)
    throw new DamsonError('picture', `Expected two pictures of one size, got ${one} and ${other}.`)
}

/** One channel, row by row. */
function plane({ width, height, channels, data }: Picture, channel: number): Float64Array {
  return Float64Array.from({ length: width * height }, (_, i) => data[i * channels + channel] ?? 0)
}

function product(x: Float64Array, y: Float64Array): Float64Array {
  return x.map((value, i) => value * (y[i] ?? 0))
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
}

function gaussian(radius: number, sigma: number): readonly number[] {
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)))
  const sum = weights.reduce((all, weight) => all + weight, 0)
  return weights.map(weight => weight / sum)
} // prettier-ignore

/** Weighted means of the windows that lie inside [height, width]: [height − 10, width − 10]. */
function blurred(values: Float64Array, width: number, height: number): Float64Array {
  const w = width - 2 * radius
  const h = height - 2 * radius
  const rows = new Float64Array(w * height)
  for (let i = 0; i < rows.length; i++) {
    const from = Math.floor(i / w) * width + (i % w)
    for (const [k, weight] of window.entries()) rows[i] = (rows[i] ?? 0) + weight * (values[from + k] ?? 0)
  }
  const all = new Float64Array(w * h)
  for (let i = 0; i < all.length; i++)
    for (const [k, weight] of window.entries()) all[i] = (all[i] ?? 0) + weight * (rows[i + k * w] ?? 0)
  return all
}
