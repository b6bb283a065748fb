// Picture files, on every platform.
import { codec } from '#pictures'
import type { Picture } from './picture.ts'

/** The bytes of a PNG file. In Node this needs the package sharp. */
export function toPng(picture: Picture): Promise<Uint8Array> {
  return codec.toPng(picture)
}

/** A PNG, JPEG or WebP file. In Node this needs the package sharp. */
export function readPicture(bytes: Uint8Array): Promise<Picture> {
  return codec.fromFile(bytes)
}
