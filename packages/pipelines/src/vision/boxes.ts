// Boxes around things, and which of those that overlap are kept.

export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export interface Found {
  readonly box: Box
  readonly index: number
  readonly score: number
}

/** Area in common over area of both. */
export function overlapOf(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left)
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top)
  if (width <= 0 || height <= 0) return 0
  return (width * height) / (a.width * a.height + b.width * b.height - width * height)
}

/** The best first; a box goes that overlaps a better one of its class by more than `most` (greedy suppression). */
export function suppressed(found: readonly Found[], most: number): readonly Found[] {
  const kept: Found[] = []
  for (const each of found.toSorted((a, b) => b.score - a.score)) {
    const covered = kept.some(({ box, index }) => index === each.index && overlapOf(box, each.box) > most)
    if (!covered) kept.push(each)
  }
  return kept
}

/** The part of a box inside a picture. */
export function inside(
  { left, top, width, height }: Box,
  size: { readonly width: number; readonly height: number },
): Box {
  const [x0, y0] = [Math.max(0, left), Math.max(0, top)]
  const [x1, y1] = [Math.min(size.width, left + width), Math.min(size.height, top + height)]
  return { left: x0, top: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0) }
}
