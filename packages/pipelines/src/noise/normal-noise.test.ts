import { expect, test } from 'vitest'
import { inverseNormal, normalNoise } from './normal-noise.ts'
import { philox } from './philox.ts'

test('philox gives the known answers of its authors', () => {
  const hex = (words: readonly number[]): string => words.map(word => word.toString(16)).join(' ')
  expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8')
  const ones = 0xffffffff
  expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd')
  const pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const
  expect(hex(philox(pi, [0xa4093822, 0x299f31d0]))).toBe('d16cfe09 94fdcceb 5001e420 24126ea1')
})

test('the inverse of the normal distribution has its known values', () => {
  // Wichura's own check values.
  expect(inverseNormal(0.25)).toBeCloseTo(-0.6744897501960817, 14)
  expect(inverseNormal(0.001)).toBeCloseTo(-3.090232306167814, 14)
  expect(inverseNormal(1e-20)).toBeCloseTo(-9.262340089798409, 13)
  expect(inverseNormal(0.5)).toBe(0)
})

test('noise is normal: mean, spread, skew and tails of a million numbers', () => {
  const noise = normalNoise(1_000_000, { seed: 42 })
  const mean = (power: number): number => noise.reduce((sum, x) => sum + x ** power, 0) / noise.length
  expect(Math.abs(mean(1))).toBeLessThan(0.004)
  expect(Math.abs(mean(2) - 1)).toBeLessThan(0.006)
  expect(Math.abs(mean(3))).toBeLessThan(0.012)
  expect(Math.abs(mean(4) - 3)).toBeLessThan(0.04)
  expect(noise.filter(x => Math.abs(x) > 3).length).toBeGreaterThan(2500)
  expect(noise.filter(x => Math.abs(x) > 3).length).toBeLessThan(2900)
})

test('noise is the same in every run, and a longer draw begins like a shorter one', () => {
  expect([...normalNoise(4, { seed: 1234 })]).toEqual([...normalNoise(1000, { seed: 1234 }).slice(0, 4)])
  expect([...normalNoise(3, { seed: 1234 })]).not.toEqual([...normalNoise(3, { seed: 1234, draw: 1 })])
  expect([...normalNoise(3, { seed: 1 })]).not.toEqual([...normalNoise(3, { seed: 1 + 2 ** 32 })])
})
