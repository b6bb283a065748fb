// What canvases show: four bytes a pixel.
import type { Picture } from './picture.ts'

/** Red, green, blue and opacity of each pixel; `new ImageData(rgbaOf(picture), picture.width)`. */
export function rgbaOf({ width, height, channels, data }: Picture): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgba[i * 4 + c] = data[i * channels + (channels === 1 ? 0 : c)] ?? 0
    rgba[i * 4 + 3] = channels === 4 ? (data[i * 4 + 3] ?? 0) : 255
  }
  return rgba
}
