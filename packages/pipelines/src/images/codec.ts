// Encoded pictures: what each platform brings for it. Node uses sharp, an optional peer; browsers their canvas.
import type { Picture } from './picture.ts'

export interface PictureCodec {
  /** The bytes of a PNG file. */
  toPng(picture: Picture): Promise<Uint8Array>
  /** A PNG, JPEG or WebP file as three channels, or four where it is transparent. */
  fromFile(bytes: Uint8Array): Promise<Picture>
}
