// Pictures to what a vision model was trained on, as `preprocessor_config.json` says: resize, crop, rescale, normalize, with the
// meaning that transformers gives each key. Keys that would change the result and are not known are refused.
import { DamsonError } from '@damson/graph'
import { joined, floatTensor, type FloatTensor } from '../tensors.ts'
import { isJson, numberIn, type Json } from '../model-files.ts'
import type { Picture } from '../images/picture.ts'
import { resampled, type Resample } from '../images/resample.ts'
import { withChannels } from './channels.ts'

/** Turns a picture into [1, channels, height, width]. */
export type ImageProcessor = (picture: Picture) => FloatTensor

export interface ProcessorTarget {
  /** Channels that the model takes. */
  readonly channels: 1 | 3
  /** Height and width that its input fixes, used where the configuration names no size. */
  readonly size: readonly [number, number] | undefined
}

interface Size {
  readonly height: number
  readonly width: number
}

/** Pillow's numbers of its filters. */
const filters: readonly Resample[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming']

const known = ['resize', 'center_crop', 'rescale', 'normalize', 'convert_rgb', 'flip_channel_order'].map(
  key => `do_${key}`,
)

/** A processor of a configuration; none: the size of the model's input, and numbers in 0…1. */
export function imageProcessor(config: Json | undefined, target: ProcessorTarget): ImageProcessor {
  const json = config ?? { do_normalize: false, do_center_crop: false }
  const unknown = Object.keys(json).find(
    key => /^do_/.test(key) && json[key] === true && !known.includes(key),
  )
  if (unknown !== undefined) throw configError(unknown, `one of ${known.join(', ')}`, true)
  const does = (key: string, standard: boolean): boolean => (json[key] ?? standard) === true
  const resample = filters[numberIn(json, 'resample') ?? 2]
  if (!resample) throw configError('resample', 'a number of 0 to 5', json['resample'])
  const resize = does('do_resize', true) ? resizer(json, target.size) : () => undefined
  const crop = does('do_center_crop', json['crop_size'] !== undefined)
    ? sizeOf(json['crop_size'], 'crop_size')
    : undefined
  const numbers = numbersFor(json, target.channels, does)
  return picture => {
    const plain = withChannels(picture, target.channels)
    const size = resize(plain)
    const sized = size ? resampled(plain, size.width, size.height, resample) : plain
    const cut = size && 'cut' in size && size.cut ? size.cut : crop
    return numbers(cut ? centerCrop(sized, cut) : sized)
  }
}

type Resized = Size & { readonly cut?: Size }

function resizer(json: Json, fixed: ProcessorTarget['size']): (picture: Picture) => Resized | undefined {
  const size = json['size'] ?? (fixed && { height: fixed[0], width: fixed[1] })
  if (size === undefined) return () => undefined
  const edge = isJson(size) ? numberIn(size, 'shortest_edge') : undefined
  if (edge === undefined) {
    const whole = sizeOf(size, 'size')
    return () => whole
  }
  const percent = numberIn(json, 'crop_pct')
  // ConvNeXT: small sizes are cut out of somewhat larger pictures, others are resized as they are.
  if (percent === undefined) return picture => shortest(picture, edge)
  const square = { height: edge, width: edge }
  return picture => (edge < 384 ? { ...shortest(picture, Math.trunc(edge / percent)), cut: square } : square)
}

function shortest({ width, height }: Picture, edge: number): Size {
  const long = Math.trunc((edge * Math.max(width, height)) / Math.min(width, height))
  return width <= height ? { width: edge, height: long } : { width: long, height: edge }
}

/** A number is both sides. */
function sizeOf(value: unknown, key: string): Size {
  if (typeof value === 'number') return { height: value, width: value }
  const [height, width] = isJson(value) ? [numberIn(value, 'height'), numberIn(value, 'width')] : []
  if (height !== undefined && width !== undefined) return { height, width }
  throw configError(key, 'a height and a width, or a shortest_edge', value)
}

/** The middle of a picture, with black around it where it is smaller. */
function centerCrop({ width, height, channels, data }: Picture, size: Size): Picture {
  const cropped = new Uint8Array(size.width * size.height * channels)
  const [top, left] = [Math.floor((height - size.height) / 2), Math.floor((width - size.width) / 2)]
  for (let y = Math.max(0, -top); y < Math.min(size.height, height - top); y++) {
    const [from, to] = [Math.max(0, left), Math.min(width, left + size.width)]
    const row = data.subarray(((y + top) * width + from) * channels, ((y + top) * width + to) * channels)
    cropped.set(row, (y * size.width + from - left) * channels)
  }
  return { ...size, channels, data: cropped }
}

/** (byte·scale − mean)/std, channel by channel. */
function numbersFor(
  json: Json,
  channels: 1 | 3,
  does: (key: string, standard: boolean) => boolean,
): (picture: Picture) => FloatTensor {
  const scale = does('do_rescale', true) ? (numberIn(json, 'rescale_factor') ?? 1 / 255) : 1
  const normalizes = does('do_normalize', json['image_mean'] !== undefined)
  const mean = normalizes ? each(json, 'image_mean', channels, 0.5) : [0, 0, 0]
  const std = normalizes ? each(json, 'image_std', channels, 0.5) : [1, 1, 1]
  const flips = does('do_flip_channel_order', false)
  return ({ width, height, data }) => {
    const planes = Array.from({ length: channels }, (_, c) => {
      const from = flips ? channels - 1 - c : c
      const [m, s] = [mean[c] ?? 0, std[c] ?? 1]
      return Float32Array.from(
        { length: width * height },
        (_p, i) => ((data[i * channels + from] ?? 0) * scale - m) / s,
      )
    })
    return floatTensor([1, channels, height, width], joined(planes))
  }
}

function each(json: Json, key: string, channels: number, standard: number): readonly number[] {
  const value = json[key] ?? standard
  const list: unknown = typeof value === 'number' ? Array.from({ length: channels }, () => value) : value
  if (Array.isArray(list) && list.length >= channels && list.every(number => typeof number === 'number'))
    return list
  throw configError(key, `${channels} numbers`, value)
}

function configError(key: string, expected: string, got: unknown): DamsonError {
  return new DamsonError(
    'preprocessor',
    `Option "${key}" of the image processor: expected ${expected}, got ${JSON.stringify(got)}.`,
  )
}
