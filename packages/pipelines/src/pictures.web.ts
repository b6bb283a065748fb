// Encoded pictures in browsers and workers, through a canvas.
import { DamsonError } from '@damson/graph'
import type { PictureCodec } from './images/codec.ts'
import { rgbaOf } from './images/rgba.ts'

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d')
  if (context) return context
  throw new DamsonError('picture', 'Expected a canvas with a 2d context, got none.')
}

export const codec: PictureCodec = {
  async toPng(picture) {
    const { width, height } = picture
    const context = contextOf(width, height)
    context.putImageData(new ImageData(rgbaOf(picture), width, height), 0, 0)
    const blob = await context.canvas.convertToBlob({ type: 'image/png' })
    return new Uint8Array(await blob.arrayBuffer())
  },
  async fromFile(bytes) {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)]))
    const { width, height } = bitmap
    const context = contextOf(width, height)
    context.drawImage(bitmap, 0, 0)
    const { data } = context.getImageData(0, 0, width, height)
    return { width, height, channels: 4, data: new Uint8Array(data) }
  },
}
