// Flux sees latents as a row of tokens: fields of 2 × 2 latent pixels, their channels together.
import { DamsonError } from '@damson/graph'
import { floatTensor, type FloatTensor } from '../tensors.ts'
import type { LatentSize } from './denoiser.ts'

/** [rows, c, h, w] to [rows, h/2·w/2, 4c]: each token holds c × 2 × 2 values. */
export function packLatents(latents: FloatTensor): FloatTensor {
  const [rows = 0, c = 0, h = 0, w = 0] = latents.shape
  if (h % 2 !== 0 || w % 2 !== 0)
    throw new DamsonError('size', `Expected latents of even height and width, got ${h} × ${w}.`)
  const packed = new Float32Array(latents.data.length)
  eachPlace(
    rows,
    { channels: c, height: h, width: w },
    (plain, token) => (packed[token] = latents.data[plain] ?? 0),
  )
  return floatTensor([rows, (h / 2) * (w / 2), 4 * c], packed)
}

/** Back to [rows, c, h, w]. */
export function unpackLatents(packed: FloatTensor, size: LatentSize): FloatTensor {
  const rows = packed.shape[0] ?? 0
  const latents = new Float32Array(packed.data.length)
  eachPlace(rows, size, (plain, token) => (latents[plain] = packed.data[token] ?? 0))
  return floatTensor([rows, size.channels, size.height, size.width], latents)
}

function eachPlace(
  rows: number,
  { channels, height, width }: LatentSize,
  visit: (plain: number, token: number) => void,
): void {
  let plain = 0
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++, plain++) {
          const token = ((row * height) / 2 + (y >> 1)) * (width / 2) + (x >> 1)
          visit(plain, (token * channels + c) * 4 + (y & 1) * 2 + (x & 1))
        }
      }
    }
  }
}

/** Position of each token [h/2·w/2, 3]: (0, row, column). */
export function pictureIds({ height, width }: LatentSize): readonly number[] {
  const columns = width / 2
  return Array.from({ length: (height / 2) * columns }, (_, i) => [
    0,
    Math.floor(i / columns),
    i % columns,
  ]).flat()
}
