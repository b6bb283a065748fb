// Larger pictures, by super-resolution models; large ones tile by tile.
import type { Model, Part } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { RecordedRun } from '@damson/runtime'
import type { Picture } from './images/picture.ts'
import { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'
import { floatTensor, numbersOf, type FloatTensor } from './tensors.ts'
import { withChannels } from './vision/channels.ts'
import { openPictureInput, type PictureInput } from './vision/picture-input.ts'
import { tilesOf, type Tile } from './vision/tiles.ts'

export interface UpscaleInput {
  readonly picture: Picture
  /** Side of the tiles that are run, in pixels; larger is faster and takes more memory. Default 128; Infinity: in one piece. */
  readonly tile?: number
  /** Pixels that neighbouring tiles have in common. Default 32. */
  readonly overlap?: number
  readonly signal?: AbortSignal
  /** Called after each tile, and waited for. */
  readonly onTile?: (progress: { readonly tile: number; readonly tiles: number }) => void | Promise<void>
}

export interface UpscaleResult {
  readonly picture: Picture
  /** New pixels for each old one, along one side. */
  readonly factor: number
}

export interface UpscaleOptions extends PipelineOptions {
  /** What white is to the model, in and out. Default 1. */
  readonly white?: 1 | 255
}

export type Upscale = Pipeline<UpscaleInput, UpscaleResult>

const defaultTile = 128
const defaultOverlap = 32

/** An upscaling pipeline. Throws `no-pictures` for models that take none. */
export async function upscale(model: Model, options: UpscaleOptions = {}): Promise<Upscale> {
  const input = openPictureInput(model)
  const output = pictureOutput(input.part)
  const white = options.white ?? 1
  return openPipeline<UpscaleInput, UpscaleResult>(model, options, async (begin, asked) => {
    const plain = withChannels(asked.picture, input.channels)
    const { columns, rows } = tilesFor(plain, input, asked)
    const { signal, onTile } = asked
    const run = begin({ batch: 1, ...(signal ? { signal } : {}) })
    const canvas = openCanvas(plain)
    let done = 0
    for (const row of rows) {
      for (const column of columns) {
        signal?.throwIfAborted()
        const { piece, factor } = await enlarged({ run, input, output, white }, plain, row, column)
        canvas.add(piece, factor, row, column)
        await onTile?.({ tile: ++done, tiles: rows.length * columns.length })
      }
    }
    return canvas.finish(255 / white)
  })
}

function pictureOutput({ graph, name }: Part): string {
  const found = graph.outputs.find(({ type }) => type?.kind === 'tensor' && (type.shape?.length ?? 4) === 4)
  if (found) return found.name
  throw new DamsonError(
    'no-pictures',
    `Expected an output of ${name} that is a picture, got ${graph.outputs.map(each => each.name).join(', ')}.`,
  )
}

interface Tiles {
  readonly columns: readonly Tile[]
  readonly rows: readonly Tile[]
}

function tilesFor({ width, height }: Picture, { size }: PictureInput, asked: UpscaleInput): Tiles {
  const { tile = defaultTile, overlap = defaultOverlap } = asked
  const [tall, wide] = size ?? [tile, tile]
  if (overlap >= 0 && overlap * 2 <= Math.min(tall, wide))
    return { columns: tilesOf(width, wide, overlap), rows: tilesOf(height, tall, overlap) }
  throw new DamsonError(
    'input',
    `Expected an overlap of at most half a tile, got ${overlap} for tiles of ${wide} × ${tall}.`,
  )
}

interface Enlarging {
  readonly run: RecordedRun
  readonly input: PictureInput
  readonly output: string
  readonly white: number
}

/** The model's picture of a tile. Where the input is larger than the picture, the last pixels are repeated. */
async function enlarged(
  { run, input, output, white }: Enlarging,
  { width, channels, data }: Picture,
  row: Tile,
  column: Tile,
): Promise<{ readonly piece: FloatTensor; readonly factor: number }> {
  const [tall, wide] = input.size ?? [row.length, column.length]
  const values = new Float32Array(channels * tall * wide)
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < tall; y++) {
      const line = (row.from + Math.min(y, row.length - 1)) * width + column.from
      for (let x = 0; x < wide; x++) {
        const byte = data[(line + Math.min(x, column.length - 1)) * channels + c] ?? 0
        values[(c * tall + y) * wide + x] = (byte / 255) * white
      }
    }
  }
  const fed = input.tensor([floatTensor([1, channels, tall, wide], values)])
  const found = (await run(input.part.name, { [input.name]: fed }))[output]
  const [, depth, height = 0] = found?.shape ?? []
  if (found && depth === channels && height % tall === 0)
    return { piece: floatTensor(found.shape, numbersOf(found)), factor: height / tall }
  throw new DamsonError(
    'upscale',
    `Expected a picture [1, ${channels}, a multiple of ${tall}, …] of the output ${output}, got [${found?.shape.join(', ')}].`,
  )
}

interface Canvas {
  add(piece: FloatTensor, by: number, row: Tile, column: Tile): void
  finish(scale: number): UpscaleResult
}

/** Weighted sums of all tiles, and the weights. */
function openCanvas({ width, height, channels }: Picture): Canvas {
  let [factor, sums, weights] = [0, new Float32Array(0), new Float32Array(0)]
  const begin = (by: number): void => {
    factor = by
    sums = new Float32Array(width * height * by * by * channels)
    weights = new Float32Array(width * height * by * by)
  }
  return {
    add({ shape, data }, by, row, column) {
      const [, , tall = 0, wide = 0] = shape
      if (factor === 0) begin(by)
      for (let y = 0; y < row.length * factor; y++) {
        for (let x = 0; x < column.length * factor; x++) {
          const weight =
            (row.weights[Math.floor(y / factor)] ?? 0) * (column.weights[Math.floor(x / factor)] ?? 0)
          const at = (row.from * factor + y) * width * factor + column.from * factor + x
          weights[at] = (weights[at] ?? 0) + weight
          for (let c = 0; c < channels; c++) {
            const value = data[(c * tall + y) * wide + x] ?? 0
            sums[at * channels + c] = (sums[at * channels + c] ?? 0) + weight * value
          }
        }
      }
    },
    finish(scale) {
      const bytes = Uint8Array.from(sums, (sum, i) => {
        const value = (sum / (weights[Math.floor(i / channels)] ?? 1)) * scale
        return Math.max(0, Math.min(255, Math.round(value)))
      })
      return { picture: { width: width * factor, height: height * factor, channels, data: bytes }, factor }
    },
  }
}
