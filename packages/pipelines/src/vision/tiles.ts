// A picture cut into tiles that overlap, and put together again without seams: near its edges a tile counts nothing, further in
// it fades in, and what the tiles that meet say is averaged by that weight.

export interface Tile {
  readonly from: number
  readonly length: number
  /** How much each of its positions counts. */
  readonly weights: Float32Array
}

/** Tiles of `size` along `length`, which overlap by `overlap` at least. One tile where the size is enough. */
export function tilesOf(length: number, size: number, overlap: number): readonly Tile[] {
  if (length <= size) return [{ from: 0, length, weights: new Float32Array(length).fill(1) }]
  const count = Math.ceil((length - overlap) / (size - overlap))
  return Array.from({ length: count }, (_, i) => {
    const from = Math.round((i * (length - size)) / (count - 1))
    const fades = [i > 0, i < count - 1] as const
    return { from, length: size, weights: weightsOf(size, overlap, fades) }
  })
}

/** 0 in the outer quarter of the overlap, then up to 1 along half of it; 1 at the edges of the picture itself. */
function weightsOf(size: number, overlap: number, [first, last]: readonly [boolean, boolean]): Float32Array {
  const rise = (distance: number): number =>
    overlap === 0 ? 1 : Math.max(0, Math.min(1, (distance - overlap / 4) / (overlap / 2)))
  return Float32Array.from({ length: size }, (_, i) =>
    Math.min(first ? rise(i + 0.5) : 1, last ? rise(size - i - 0.5) : 1),
  )
}
