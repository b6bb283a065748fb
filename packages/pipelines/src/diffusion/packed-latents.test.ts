import { expect, test } from 'vitest'
import { floatTensor } from '../tensors.ts'
import { guidanceEmbedding } from './guidance-embedding.ts'
import { packLatents, pictureIds, unpackLatents } from './packed-latents.ts'

test('a token holds two by two pixels, channel by channel', () => {
  // Two channels of 2 × 4: tokens are the left and the right square.
  const latents = floatTensor(
    [1, 2, 2, 4],
    Float32Array.from({ length: 16 }, (_, i) => i),
  )
  const packed = packLatents(latents)
  expect(packed.shape).toEqual([1, 2, 8])
  expect([...packed.data]).toEqual([0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15])
  expect(unpackLatents(packed, { channels: 2, height: 2, width: 4 })).toEqual(latents)
  expect(() => packLatents(floatTensor([1, 1, 1, 2], new Float32Array(2)))).toThrow(
    /even height and width, got 1 × 2/,
  )
})

test('rows stay apart', () => {
  const latents = floatTensor(
    [3, 4, 6, 4],
    Float32Array.from({ length: 288 }, (_, i) => i),
  )
  expect(unpackLatents(packLatents(latents), { channels: 4, height: 6, width: 4 })).toEqual(latents)
})

test('ids are rows and columns of tokens', () => {
  expect(pictureIds({ channels: 4, height: 4, width: 6 })).toEqual([
    ...[0, 0, 0, 0, 0, 1, 0, 0, 2],
    ...[0, 1, 0, 0, 1, 1, 0, 1, 2],
  ])
})

test('the guidance embedding is sines, then cosines, at falling frequencies', () => {
  expect(guidanceEmbedding(0, 5)).toEqual([0, 0, 1, 1, 0])
  const [fast = 0, slow = 0, ...cosines] = guidanceEmbedding(0.002, 4)
  expect(fast).toBeCloseTo(Math.sin(2), 12)
  expect(slow).toBeCloseTo(Math.sin(2e-4), 12)
  expect(cosines[0]).toBeCloseTo(Math.cos(2), 12)
})
