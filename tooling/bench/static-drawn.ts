// Pictures for the image models of the static benchmark: what the emoji models drew, decoded from their committed latents, as
// they are for super-resolution, and on drawn backgrounds for detection. No photographs: none of the zoo may be shared.
import { readFile } from 'node:fs/promises'
import type { Runtime, TensorData } from '@damson/core'
import { readNpy } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { readModel } from '../../packages/quantizers/test/read-model.ts'

/** RGB in 0…255, [3, size, size]. */
export interface Picture {
  readonly size: number
  readonly data: Float32Array
}

const sizeOfEmoji = 64
const samplers = ['emoji-unet/ddim', 'emoji-unet/dpmpp2m', 'emoji-unet/euler', 'emoji-transformer/flow']

/** The pictures of some of the eight prompts, four of each. */
export async function emojiPictures(runtime: Runtime, prompts: readonly number[]): Promise<readonly Picture[]> {
  const config: { scaling_factor: number } = JSON.parse(await readFile(requireZoo('emoji/emoji-unet/vae_decoder/config.json'), 'utf8'))
  const live = await runtime.open(await readModel(requireZoo('emoji/emoji-unet/vae_decoder/model.onnx')))
  const pictures: Picture[] = []
  for (const prompt of prompts) {
    for (const sampler of samplers) {
      const latent = readNpy(await readFile(requireZoo(`emoji/golden/${sampler}-${prompt}-latent.npy`)))
      const scaled = Float32Array.from(numbersOf(latent), value => value / config.scaling_factor)
      const { sample } = await live.run('model', { latent_sample: { dtype: 'float32', shape: [1, 4, 16, 16], data: scaled } })
      const data = Float32Array.from(sample ? numbersOf(sample) : [], value => Math.min(255, Math.max(0, (value + 1) * 127.5)))
      pictures.push({ size: sizeOfEmoji, data })
    }
  }
  await live.close()
  return pictures
} // prettier-ignore

const numbersOf = ({ data }: TensorData): readonly number[] => Array.from<unknown, number>(data, Number)

/** A scene: smooth noise of a few octaves between two colours, with some of the pictures at sizes of their own. */
export function scene(pictures: readonly Picture[], size: number, random: () => number): Picture {
  const data = background(size, random)
  const count = 2 + Math.floor(random() * 5)
  for (let each = 0; each < count; each++) {
    const picture = pictures[Math.floor(random() * pictures.length)]
    const side = Math.round(size * (0.12 + 0.45 * random()))
    const [left, top] = [random(), random()].map(at => Math.floor(at * (size - side)))
    if (picture) paste(data, size, picture, { side, left: left ?? 0, top: top ?? 0 })
  }
  return { size, data }
}

/** [1, 3, size, size] with the channels in the order that the model wants. */
export function imageFeed({ size, data }: Picture, order: 'rgb' | 'bgr'): TensorData {
  const plane = size * size
  const channels = order === 'rgb' ? [0, 1, 2] : [2, 1, 0]
  const ordered = new Float32Array(3 * plane)
  channels.forEach((from, to) => ordered.set(data.subarray(from * plane, (from + 1) * plane), to * plane))
  return { dtype: 'float32', shape: [1, 3, size, size], data: ordered }
}

function background(size: number, random: () => number): Float32Array {
  const [dark = [], light = []] = [0, 1].map(() => [random() * 255, random() * 255, random() * 255])
  const share = new Float32Array(size * size)
  ;[3, 7, 17, 41].forEach((cells, at) => addNoise(share, size, { cells, weight: 0.5 ** (at + 1), random }))
  const data = new Float32Array(3 * size * size)
  for (let c = 0; c < 3; c++) {
    const [from, to] = [dark[c] ?? 0, light[c] ?? 0]
    for (let at = 0; at < share.length; at++)
      data[c * share.length + at] = from + (to - from) * (share[at] ?? 0)
  }
  return data
}

/** Random numbers at the corners of cells, bilinear between them. */
function addNoise(
  into: Float32Array,
  size: number,
  {
    cells,
    weight,
    random,
  }: { readonly cells: number; readonly weight: number; readonly random: () => number },
): void {
  const grid = Float32Array.from({ length: (cells + 1) ** 2 }, random)
  for (let y = 0; y < size; y++) {
    const top = Math.floor((y * cells) / size)
    const v = (y * cells) / size - top
    for (let x = 0; x < size; x++) {
      const left = Math.floor((x * cells) / size)
      const u = (x * cells) / size - left
      const at = top * (cells + 1) + left
      const above = (grid[at] ?? 0) * (1 - u) + (grid[at + 1] ?? 0) * u
      const below = (grid[at + cells + 1] ?? 0) * (1 - u) + (grid[at + cells + 2] ?? 0) * u
      const to = y * size + x
      into[to] = (into[to] ?? 0) + weight * (above * (1 - v) + below * v)
    }
  }
}

interface Place {
  readonly side: number
  readonly left: number
  readonly top: number
}

/** The picture within a disc, so that its white corners do not show. */
function paste(data: Float32Array, size: number, picture: Picture, { side, left, top }: Place): void {
  const half = side / 2
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if ((x - half) ** 2 + (y - half) ** 2 > half * half) continue
      const [px, py] = [x, y].map(each =>
        Math.min(picture.size - 1, Math.floor((each * picture.size) / side)),
      )
      for (let c = 0; c < 3; c++) {
        const value = picture.data[(c * picture.size + (py ?? 0)) * picture.size + (px ?? 0)] ?? 0
        data[(c * size + top + y) * size + left + x] = value
      }
    }
  }
}
