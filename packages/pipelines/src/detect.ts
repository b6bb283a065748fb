// Where things are in a picture, by detectors with one pass.
import type { Model } from '@damson/core'
import type { Picture } from './images/picture.ts'
import { isJson, readJsonFile } from './model-files.ts'
import { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'
import { inside, suppressed, type Box } from './vision/boxes.ts'
import { openDetector } from './vision/detector.ts'
import { openPictureInput } from './vision/picture-input.ts'

export interface DetectInput {
  /** One picture or several. */
  readonly picture: Picture | readonly Picture[]
  /** Scores that are worth a box. Default 0.3. */
  readonly threshold?: number
  /** A box goes that shares more than this of its area with a better one of its class. Default 0.45. */
  readonly overlap?: number
  readonly signal?: AbortSignal
}

export interface Detection {
  /** In pixels of the picture. */
  readonly box: Box
  readonly index: number
  /** Of `labels` or `config.json`, or the index. */
  readonly label: string
  /** In 0…1. */
  readonly score: number
}

export interface DetectResult {
  /** For each picture what was found, the surest first. */
  readonly detections: readonly (readonly Detection[])[]
}

export interface DetectOptions extends PipelineOptions {
  /** Names of the classes. Default `id2label` of `config.json`. */
  readonly labels?: readonly string[]
}

export type Detect = Pipeline<DetectInput, DetectResult>

const defaultThreshold = 0.3
const defaultOverlap = 0.45

/** A detection pipeline of YOLOX, or of a model that gives scores and boxes. Throws `no-detector` for others. */
export async function detect(model: Model, options: DetectOptions = {}): Promise<Detect> {
  const input = openPictureInput(model)
  const detector = openDetector(input)
  const names = (await readJsonFile(model, 'config.json'))?.['id2label']
  const label = (index: number): string => {
    const said = options.labels?.[index] ?? (isJson(names) ? names[index] : undefined)
    return typeof said === 'string' ? said : String(index)
  }
  return openPipeline<DetectInput, DetectResult>(model, options, async (begin, asked) => {
    const { picture, threshold = defaultThreshold, overlap = defaultOverlap, signal } = asked
    const run = begin({ batch: 1, ...(signal ? { signal } : {}) })
    const detections: Detection[][] = []
    for (const each of 'data' in picture ? [picture] : picture) {
      signal?.throwIfAborted()
      const outputs = await run(input.part.name, { [input.name]: input.tensor([detector.prepare(each)]) })
      const found = suppressed(detector.read(outputs, each, threshold), overlap)
      detections.push(found.map(one => ({ ...one, box: inside(one.box, each), label: label(one.index) })))
    }
    return { detections }
  })
}
