// Pictures as plain bytes, and their conversion from and to what autoencoders take: [rows, channels, height, width] in −1…1.
import type { TensorData } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { floatTensor, numbersOf, type FloatTensor } from '../tensors.ts'

/** A picture: bytes row by row, `channels` of each pixel together. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3 | 4
  readonly data: Uint8Array
}

/** Pictures of a tensor [rows, 1 or 3, height, width] in −1…1; what is outside is clipped. */
export function picturesOf(tensor: TensorData): readonly Picture[] {
  const [rows = 0, channels = 0, height = 0, width = 0] = tensor.shape
  if (tensor.shape.length !== 4 || (channels !== 1 && channels !== 3)) {
    throw new DamsonError(
      'picture',
      `Expected pictures [rows, 1 or 3, height, width], got a tensor [${tensor.shape.join(', ')}].`,
    )
  }
  const values = numbersOf(tensor)
  const plane = height * width
  return Array.from({ length: rows }, (_, row): Picture => {
    const data = new Uint8Array(plane * channels)
    for (let c = 0; c < channels; c++) {
      const from = (row * channels + c) * plane
      for (let i = 0; i < plane; i++) data[i * channels + c] = byteOf(values[from + i] ?? 0)
    }
    return { width, height, channels, data }
  })
}

/** (x/2 + 1/2)·255 as diffusers rounds it: in float32, half to even. */
function byteOf(value: number): number {
  const share = Math.max(0, Math.min(1, Math.fround(Math.fround(value / 2) + 0.5)))
  const scaled = Math.fround(share * 255)
  const floor = Math.floor(scaled)
  const rest = scaled - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}

/** A picture as [1, 3, height, width] in −1…1. Grey is repeated, transparency is left out. */
export function tensorOfPicture(picture: Picture): FloatTensor {
  const { width, height, channels, data } = checked(picture)
  const plane = width * height
  const values = new Float32Array(3 * plane)
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < plane; i++) {
      values[c * plane + i] = ((data[i * channels + (channels === 1 ? 0 : c)] ?? 0) / 255) * 2 - 1
    }
  }
  return floatTensor([1, 3, height, width], values)
}

/** Brightness of each pixel in 0…1: what masks are read as. */
export function brightness(picture: Picture): Float32Array {
  const { width, height, channels, data } = checked(picture)
  return Float32Array.from({ length: width * height }, (_, i) => {
    const at = (c: number): number => data[i * channels + c] ?? 0
    return (channels === 1 ? at(0) : 0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2)) / 255
  })
}

/** The mean of each field of width × height fields, or, where fields are smaller than pixels, the nearest pixel. */
export function resized(picture: Picture, width: number, height: number): Picture {
  const { channels } = picture
  if (picture.width === width && picture.height === height) return picture
  const data = new Uint8Array(width * height * channels)
  const edges = (size: number, parts: number, part: number): readonly [number, number] => {
    const from = Math.min(size - 1, Math.floor((part * size) / parts))
    return [from, Math.max(from + 1, Math.floor(((part + 1) * size) / parts))]
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const field = [edges(picture.height, height, y), edges(picture.width, width, x)] as const
      for (let c = 0; c < channels; c++) data[(y * width + x) * channels + c] = meanOf(picture, field, c)
    }
  }
  return { width, height, channels, data }
}

function meanOf(
  { width, channels, data }: Picture,
  [[top, bottom], [left, right]]: readonly [readonly [number, number], readonly [number, number]],
  channel: number,
): number {
  let sum = 0
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) sum += data[(y * width + x) * channels + channel] ?? 0
  return Math.round(sum / ((bottom - top) * (right - left)))
}

function checked(picture: Picture): Picture {
  const { width, height, channels, data } = picture
  if (data.length === width * height * channels) return picture
  throw new DamsonError(
    'picture',
    `Expected ${width * height * channels} bytes for ${width} × ${height} × ${channels}, got ${data.length}.`,
  )
}
