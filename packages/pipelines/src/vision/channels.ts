// Pictures with the channels that a model takes.
import type { Picture } from '../images/picture.ts'

/** The picture in grey or in colours; what is transparent is as if it were not. */
export function withChannels(picture: Picture, channels: 1 | 3): Picture {
  const { width, height, data } = picture
  if (picture.channels === channels) return picture
  const result = new Uint8Array(width * height * channels)
  for (let i = 0; i < width * height; i++) {
    const at = (c: number): number => data[i * picture.channels + (picture.channels === 1 ? 0 : c)] ?? 0
    // Brightness as Pillow has it: ITU-R 601 in units of 2^−16.
    if (channels === 1)
      result[i] = Math.floor((19595 * at(0) + 38470 * at(1) + 7471 * at(2) + 0x8000) / 65536)
    else for (let c = 0; c < 3; c++) result[i * 3 + c] = at(c)
  }
  return { width, height, channels, data: result }
}
