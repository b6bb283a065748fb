// Feeds for models that see pictures or hear music: drawn and played here, since no data set is at hand. Pictures have areas,
// edges, gradients and grain; sounds are chords.
import { seededRandom } from '@damson/testing'

interface Pictures {
  readonly shape: readonly [number, number, number, number]
  readonly low: number
  readonly high: number
  readonly seed: number
  readonly count: number
}

/** Pictures [1, C, H, W] within low … high. */
export function pictures({ shape: [, C, H, W], low, high, seed, count }: Pictures): readonly Float32Array[] {
  return Array.from({ length: count }, (_, at) => {
    const random = seededRandom(7919 * seed + at)
    const shapes = Array.from({ length: 12 }, () => ({
      x: random() * W, y: random() * H, w: (0.05 + 0.4 * random()) * W, h: (0.05 + 0.4 * random()) * H,
      round: random() < 0.5, colours: Array.from({ length: C }, random), slope: random() - 0.5,
    })) // prettier-ignore
    const ground = Array.from({ length: C }, random)
    const made = new Float32Array(C * H * W)
    for (let y = 0; y < H; y++) {
      for (let x = 0; x < W; x++) {
        const top = shapes.findLast(({ round, ...s }) => {
          const [dx, dy] = [(x - s.x) / s.w, (y - s.y) / s.h]
          return round ? dx * dx + dy * dy < 0.25 : Math.abs(dx) < 0.5 && Math.abs(dy) < 0.5
        })
        for (let c = 0; c < C; c++) {
          const flat = top
            ? (top.colours[c] ?? 0) + (top.slope * (x - top.x)) / W
            : (ground[c] ?? 0) + (0.3 * y) / H
          const value = Math.min(1, Math.max(0, flat + 0.04 * (random() - 0.5)))
          made[(c * H + y) * W + x] = low + (high - low) * value
        }
      }
    }
    return made
  })
}

/** Chords of tones that fade, at 22,050 numbers a second, within −1 … 1. */
export function audio({
  seed,
  count,
  length,
}: {
  readonly seed: number
  readonly count: number
  readonly length: number
}): readonly Float32Array[] {
  return Array.from({ length: count }, (_, at) => {
    const random = seededRandom(104_729 * seed + at)
    const notes = Array.from({ length: 8 }, () => ({
      start: Math.floor(random() * length),
      hertz: 55 * 2 ** (random() * 4),
    }))
    const made = Float32Array.from({ length }, () => 0.005 * (random() - 0.5))
    for (const { start, hertz } of notes) {
      for (let n = start; n < length; n++) {
        const [phase, fade] = [(2 * Math.PI * hertz * (n - start)) / 22_050, Math.exp(-(n - start) / 12_000)]
        made[n] =
          (made[n] ?? 0) +
          0.1 * fade * (Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.25 * Math.sin(3 * phase))
      }
    }
    return made
  })
}
