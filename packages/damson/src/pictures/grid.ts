// Pictures of two models in one: pairs in rows, the original on the left of each.
import { resized, type Picture } from '@damson/pipelines'

export interface Pair {
  readonly before: Picture
  readonly after: Picture
}

export interface GridOptions {
  /** Pairs in a row; default as many as make the grid about twice as wide as high. */
  readonly columns?: number
  /** Pixels of a picture: small ones are enlarged by a whole number. Default 128. */
  readonly least?: number
}

const between = 2
const apart = 12

/** One picture with three channels, on white. Pictures of another size than the first are brought to its size. */
export function gridOf(pairs: readonly Pair[], options: GridOptions = {}): Picture {
  const first = pairs[0]?.before
  const columns = Math.min(pairs.length, options.columns ?? Math.ceil(Math.sqrt(pairs.length)))
  const scale = Math.max(1, Math.floor((options.least ?? 128) / (first?.width ?? 1)))
  const [w, h] = [(first?.width ?? 0) * scale, (first?.height ?? 0) * scale]
  const rows = Math.ceil(pairs.length / Math.max(1, columns))
  const width = apart + columns * (2 * w + between + apart)
  const height = apart + rows * (h + apart)
  const data = new Uint8Array(width * height * 3).fill(255)
  for (const [i, { before, after }] of pairs.entries()) {
    const x = apart + (i % columns) * (2 * w + between + apart)
    const y = apart + Math.floor(i / columns) * (h + apart)
    paste(data, width, resized(before, w, h), x, y)
    paste(data, width, resized(after, w, h), x + w + between, y)
  }
  return { width, height, channels: 3, data }
}

/** Grey becomes three equal channels; opacity is left out. */
function paste(into: Uint8Array, stride: number, { width, height, channels, data }: Picture, x: number, y: number): void {
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = (row * width + column) * channels
      const to = ((y + row) * stride + x + column) * 3
      for (let c = 0; c < 3; c++) into[to + c] = data[from + (channels === 1 ? 0 : c)] ?? 0
    }
  }
} // prettier-ignore
