// Feeds for models that see pictures, hear sounds or read files: drawn, played and read here, since no data set is at hand.
// Pictures have areas, edges, gradients and grain; sounds are the noisy speech of the zoo, and chords.
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '@damson/testing'
import { requireZoo } from '@damson/zoo'

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

interface Frames {
  readonly seed: number
  readonly count: number
  readonly hop: number
}

/** Frames of 512 numbers of the noisy speech of the zoo, one after another; each seed starts elsewhere. */
export function windows({ seed, count, hop }: Frames): readonly Float32Array[] {
  const file = readFileSync(requireZoo('models/gtcrn_mix.wav'))
  const samples = new Int16Array(
    file.buffer.slice(file.byteOffset + 44, file.byteOffset + (file.length & ~1)),
  )
  const room = samples.length - 512 - hop * count
  const start = Math.floor((room * ((seed * 0.382) % 1) + room) % room)
  return Array.from({ length: count }, (_, at) =>
    Float32Array.from(samples.subarray(start + at * hop, start + at * hop + 512), each => each / 32768),
  )
}

/** Spectra [257] of such frames under the square root of a Hann window. */
export function spectra(frames: Frames): readonly { readonly re: Float32Array; readonly im: Float32Array }[] {
  return windows(frames).map(frame => {
    const [re, im] = [new Float32Array(257), new Float32Array(257)]
    for (let k = 0; k < 257; k++) {
      for (let n = 0; n < 512; n++) {
        const value = (frame[n] ?? 0) * Math.sin((Math.PI * n) / 512)
        const angle = (2 * Math.PI * k * n) / 512
        re[k] = (re[k] ?? 0) + value * Math.cos(angle)
        im[k] = (im[k] ?? 0) - value * Math.sin(angle)
      }
    }
    return { re, im }
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

/** The first and the last numbers of files of this repository and the zoo, as a classifier of files reads them: 256 pads. */
async function filesOf(): Promise<readonly string[]> {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const folders = ['packages/core/src', 'packages/graph/src', 'docs/algorithms', 'tooling/zoo', 'docs/guides']
  const found = await Promise.all(
    folders.map(async folder =>
      (await readdir(join(root, folder), { recursive: true, withFileTypes: true }))
        .filter(each => each.isFile() && !each.parentPath.includes('node_modules'))
        .map(each => join(each.parentPath, each.name)),
    ),
  )
  return found.flat().toSorted()
}

export async function fileBytes(seed: number, count: number, length: number): Promise<readonly Int32Array[]> {
  const random = seededRandom(seed >> 1)
  const order = (await filesOf()).map(path => [random(), path] as const).toSorted(([a], [b]) => a - b)
  const chosen = seed % 2 === 0 ? order.slice(0, count) : order.slice(-count)
  return chosen.map(([, path]) => {
    const bytes = readFileSync(path)
    const half = length / 2
    const made = new Int32Array(length).fill(256)
    bytes.subarray(0, half).forEach((byte, at) => (made[at] = byte))
    const tail = bytes.subarray(Math.max(0, bytes.length - half))
    tail.forEach((byte, at) => (made[length - tail.length + at] = byte))
    return made
  })
}
