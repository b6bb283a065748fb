// The detectors that are known, by their outputs: how a picture becomes their input, and their numbers boxes in its pixels.
import type { Outputs, Part, TensorData } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { Picture } from '../images/picture.ts'
import { resampled } from '../images/resample.ts'
import { floatTensor, numbersOf, type FloatTensor } from '../tensors.ts'
import type { Found } from './boxes.ts'
import { withChannels } from './channels.ts'
import type { PictureInput } from './picture-input.ts'

export interface Detector {
  readonly kind: 'yolox' | 'boxes-and-scores'
  /** [1, 3, height, width] as the model was trained. */
  prepare(picture: Picture): FloatTensor
  /** What was found with more than the threshold, in pixels of the picture, before suppression. */
  read(outputs: Outputs, picture: Picture, threshold: number): readonly Found[]
}

/** The detector of a part. Throws `no-detector` for outputs of unknown meaning. */
export function openDetector({ part, size, channels }: PictureInput): Detector {
  const names = new Set(part.graph.outputs.map(({ name }) => name))
  if (!size || channels !== 3) throw unknown(part, 'an input [1, 3, height, width] of fixed size')
  if (names.has('scores') && names.has('boxes')) return boxesAndScores(size)
  const [only, ...others] = part.graph.outputs
  const shape = only?.type?.kind === 'tensor' ? only.type.shape : undefined
  const cells = cellsOf(size)
  if (only && others.length === 0 && shape?.length === 3 && shape[1] === cells.length)
    return yolox(only.name, size, cells)
  throw unknown(part, 'outputs scores and boxes, or one of YOLOX')
}

function unknown({ name, graph }: Part, expected: string): DamsonError {
  const outputs = graph.outputs.map(each => each.name).join(', ')
  return new DamsonError('no-detector', `Expected ${expected} of ${name}, got the outputs ${outputs}.`)
}

type Size = readonly [height: number, width: number]

/** Boxes as shares of the sides, corners first; scores of each class, the first of which is nothing (Ultra-Light-Fast faces). */
function boxesAndScores([height, width]: Size): Detector {
  return {
    kind: 'boxes-and-scores',
    prepare: picture =>
      planes(
        resampled(withChannels(picture, 3), width, height, 'bilinear'),
        [0, 1, 2],
        byte => (byte - 127) / 128,
      ),
    read(outputs, picture, threshold) {
      const [scores, boxes] = [valuesOf(outputs['scores']), valuesOf(outputs['boxes'])]
      const classes = outputs['scores']?.shape[2] ?? 2
      return Array.from({ length: boxes.length / 4 }, (_, i) => {
        const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = boxes.subarray(i * 4, i * 4 + 4)
        const box = {
          ...{ left: x0 * picture.width, top: y0 * picture.height },
          ...{ width: (x1 - x0) * picture.width, height: (y1 - y0) * picture.height },
        }
        const best = bestOf(scores.subarray(i * classes + 1, (i + 1) * classes))
        return { box, ...best }
      }).filter(({ score }) => score > threshold)
    },
  }
}

interface Cell {
  readonly x: number
  readonly y: number
  readonly stride: number
}

/** A prediction for each cell of three grids, fine to coarse, row by row. */
function cellsOf([height, width]: Size): readonly Cell[] {
  return [8, 16, 32].flatMap(stride => {
    const columns = Math.floor(width / stride)
    return Array.from({ length: columns * Math.floor(height / stride) }, (_, i) => ({
      ...{ x: i % columns, y: Math.floor(i / columns), stride },
    }))
  })
}

/** YOLOX (Ge et al. 2021, arXiv 2107.08430): center, size, whether there is something, and what; grey below and right of the picture. */
function yolox(output: string, [height, width]: Size, cells: readonly Cell[]): Detector {
  const scaleOf = (picture: Picture): number => Math.min(height / picture.height, width / picture.width)
  return {
    kind: 'yolox',
    prepare(picture) {
      const scale = scaleOf(picture)
      const [w, h] = [Math.trunc(picture.width * scale), Math.trunc(picture.height * scale)]
      const boxed = letterboxed(resampled(withChannels(picture, 3), w, h, 'bilinear'), height, width)
      return planes(boxed, [2, 1, 0], byte => byte)
    },
    read(outputs, picture, threshold) {
      const values = valuesOf(outputs[output])
      const scale = scaleOf(picture)
      const count = values.length / cells.length
      return cells
        .map(({ x, y, stride }, i): Found => {
          const [dx = 0, dy = 0, lw = 0, lh = 0, present = 0] = values.subarray(i * count, i * count + 5)
          const { index, score } = bestOf(values.subarray(i * count + 5, (i + 1) * count))
          const [w, h] = [(Math.exp(lw) * stride) / scale, (Math.exp(lh) * stride) / scale]
          const [cx, cy] = [((x + dx) * stride) / scale, ((y + dy) * stride) / scale]
          return {
            box: { left: cx - w / 2, top: cy - h / 2, width: w, height: h },
            index,
            score: score * present,
          }
        })
        .filter(({ score }) => score > threshold)
    },
  }
}

/** The grey that YOLOX was trained with around pictures. */
const grey = 114

function letterboxed({ width, height, data }: Picture, tall: number, wide: number): Picture {
  const boxed = new Uint8Array(tall * wide * 3).fill(grey)
  for (let y = 0; y < height; y++) boxed.set(data.subarray(y * width * 3, (y + 1) * width * 3), y * wide * 3)
  return { width: wide, height: tall, channels: 3, data: boxed }
}

/** [1, 3, height, width], the channels in the given order. */
function planes(
  { width, height, data }: Picture,
  order: readonly number[],
  number: (byte: number) => number,
): FloatTensor {
  const count = width * height
  const values = new Float32Array(3 * count)
  for (const [c, from] of order.entries()) {
    for (let i = 0; i < count; i++) values[c * count + i] = number(data[i * 3 + from] ?? 0)
  }
  return floatTensor([1, 3, height, width], values)
}

function bestOf(scores: Float32Array): { readonly index: number; readonly score: number } {
  const score = scores.reduce((most, value) => Math.max(most, value), 0)
  return { index: Math.max(0, scores.indexOf(score)), score }
}

const valuesOf = (tensor: TensorData | undefined): Float32Array =>
  tensor ? numbersOf(tensor) : new Float32Array(0)
