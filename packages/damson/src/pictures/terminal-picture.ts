// Pictures as what terminals print: kitty's graphics protocol, iTerm2's inline images, and, where there is nothing but colour,
// half blocks with a pixel above and a pixel below.
import { resized, type Picture } from '@damson/pipelines'
import type { Graphics } from './graphics.ts'

/** The text that makes a terminal show a picture: of its PNG bytes, or, in blocks, at most `columns` wide. */
export function terminalPicture(
  picture: Picture,
  png: Uint8Array,
  graphics: Exclude<Graphics, 'none'>,
  columns: number,
): string {
  if (graphics === 'blocks') return blocks(picture, columns)
  const text = base64(png)
  if (graphics === 'iterm2') return `\u001b]1337;File=inline=1;size=${png.length}:${text}\u0007`
  // At most 4,096 characters a piece; m=1 says that more will come.
  const pieces = text.match(/.{1,4096}/g) ?? []
  return pieces
    .map((piece, i) => `\u001b_G${i === 0 ? 'a=T,f=100,' : ''}m=${i + 1 < pieces.length ? 1 : 0};${piece}\u001b\\`)
    .join('')
} // prettier-ignore

function blocks(picture: Picture, columns: number): string {
  const width = Math.min(columns, picture.width)
  const height = Math.max(2, 2 * Math.round((picture.height * width) / picture.width / 2))
  const { channels, data } = resized(picture, width, height)
  const color = (x: number, y: number): string => {
    const at = (y * width + x) * channels
    return [0, 1, 2].map(c => data[at + (channels === 1 ? 0 : c)] ?? 0).join(';')
  }
  return Array.from({ length: height / 2 }, (_, row) => {
    const cells = Array.from({ length: width }, (_, x) => `\u001b[38;2;${color(x, 2 * row)};48;2;${color(x, 2 * row + 1)}m▀`) // prettier-ignore
    return `${cells.join('')}\u001b[0m`
  }).join('\n')
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
