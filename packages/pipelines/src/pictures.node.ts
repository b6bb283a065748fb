// Encoded pictures in Node, through sharp.
import { DamsonError } from '@damson/graph'
import type Sharp from 'sharp'
import type { PictureCodec } from './images/codec.ts'

/** Loads sharp on first use, so that pipelines work without it until a picture is encoded. */
async function sharp(): Promise<typeof Sharp> {
  try {
    return (await import('sharp')).default
  } catch (cause) {
    throw new DamsonError(
      'missing-package',
      'Pictures need the package sharp. Install it: npm install sharp.',
      { cause },
    )
  }
}

export const codec: PictureCodec = {
  async toPng({ width, height, channels, data }) {
    const encoder = await sharp()
    return new Uint8Array(await encoder(data, { raw: { width, height, channels } }).png().toBuffer())
  },
  async fromFile(bytes) {
    const decoder = await sharp()
    const { data, info } = await decoder(bytes)
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    const { width, height } = info
    const channels = info.channels === 4 ? 4 : info.channels === 1 ? 1 : 3
    return { width, height, channels, data: new Uint8Array(data) }
  },
}
