import { expect, test } from 'vitest'
import type { Picture } from './picture.ts'
import { differenceOf, psnr, ssim } from './similarity.ts'

/** A picture from a function of channel, row and column. */
function picture(of: (c: number, y: number, x: number) => number, width = 16, height = 14): Picture {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    of(i % 3, Math.floor(i / 3 / width), Math.floor(i / 3) % width),
  )
  return { width, height, channels: 3, data }
}

const waves = picture((c, y, x) => 128 + 60 * Math.sin(x / 2 + c) + 40 * Math.cos(y / 3))
const bent = picture((c, y, x) => 120 + 50 * Math.sin(x / 2 + c + 0.4) + 60 * Math.cos(y / 3 + c))

/** The formula of the paper, window by window. */
function naive(a: Picture, b: Picture): number {
  const values: number[] = []
  for (let c = 0; c < 3; c++) {
    for (let y = 5; y < a.height - 5; y++) {
      for (let x = 5; x < a.width - 5; x++) values.push(inWindow(a, b, c, y, x))
    }
  }
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function inWindow(a: Picture, b: Picture, c: number, y: number, x: number): number {
  const points: { weight: number; p: number; q: number }[] = []
  for (let dy = -5; dy <= 5; dy++) {
    for (let dx = -5; dx <= 5; dx++) {
      const at = ((y + dy) * a.width + x + dx) * 3 + c
      points.push({ weight: Math.exp(-(dx * dx + dy * dy) / 4.5), p: a.data[at] ?? 0, q: b.data[at] ?? 0 })
    }
  }
  const total = points.reduce((sum, { weight }) => sum + weight, 0)
  const expected = (of: (point: { p: number; q: number }) => number): number =>
    points.reduce((sum, point) => sum + point.weight * of(point), 0) / total
  const [mp, mq] = [expected(({ p }) => p), expected(({ q }) => q)]
  const covariance = expected(({ p, q }) => (p - mp) * (q - mq))
  const variances = expected(({ p }) => (p - mp) ** 2) + expected(({ q }) => (q - mq) ** 2)
  const [c1, c2] = [6.5025, 58.5225]
  return ((2 * mp * mq + c1) * (2 * covariance + c2)) / ((mp ** 2 + mq ** 2 + c1) * (variances + c2))
}

test('PSNR of a known difference', () => {
  const shifted = { ...waves, data: waves.data.map(byte => byte + 5) }
  expect(psnr(waves, shifted)).toBeCloseTo(20 * Math.log10(255 / 5), 10)
  expect(psnr(waves, waves)).toBe(Infinity)
})

test('SSIM is the formula of the paper in every window', () => {
  expect(ssim(waves, waves)).toBeCloseTo(1, 12)
  expect(ssim(waves, bent)).toBeCloseTo(naive(waves, bent), 10)
  expect(ssim(waves, bent)).toBeLessThan(0.95)
  expect(ssim(bent, waves)).toBeCloseTo(ssim(waves, bent), 12)
})

test('SSIM of plain pictures compares their brightness', () => {
  const [grey, light] = [picture(() => 100), picture(() => 150)]
  expect(ssim(grey, light)).toBeCloseTo((2 * 100 * 150 + 6.5025) / (100 ** 2 + 150 ** 2 + 6.5025), 10)
})

test('the difference is black where pictures agree, and gain makes it stronger', () => {
  expect(differenceOf(waves, waves).data.every(byte => byte === 0)).toBe(true)
  const shifted = { ...waves, data: waves.data.map(byte => byte + 5) }
  expect(new Set(differenceOf(waves, shifted, 4).data)).toEqual(new Set([20]))
  expect(new Set(differenceOf(waves, shifted, 100).data)).toEqual(new Set([255]))
  const clear: Picture = { width: 1, height: 1, channels: 4, data: Uint8Array.of(9, 9, 9, 0) }
  expect([...differenceOf(clear, clear).data]).toEqual([0, 0, 0, 255])
})

test('pictures of different or too small sizes are refused', () => {
  const small = picture(() => 0, 10, 10)
  expect(() => psnr(waves, small)).toThrow(/16 × 14 × 3 and 10 × 10 × 3/)
  expect(() => ssim(small, small)).toThrow(/at least 11 × 11, got 10 × 10/)
})
