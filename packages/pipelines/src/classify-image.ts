// What a picture shows, by image classifiers.
import type { Model, Part } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { Picture } from './images/picture.ts'
import { isJson, readJsonFile, type Json } from './model-files.ts'
import { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'
import { numbersOf } from './tensors.ts'
import { imageProcessor } from './vision/image-processor.ts'
import { openPictureInput, picturesTogether } from './vision/picture-input.ts'

export interface ClassifyImageInput {
  /** One picture or several. */
  readonly picture: Picture | readonly Picture[]
  /** Classes to name, the likeliest first. Default 5. */
  readonly top?: number
  /** Pictures that are run at once, at most. Default 16. */
  readonly batch?: number
  readonly signal?: AbortSignal
}

export interface ImageClass {
  readonly index: number
  /** Of `config.json`, or the index. */
  readonly label: string
  /** In 0…1. */
  readonly score: number
}

export interface ClassifyImageResult {
  /** For each picture its likeliest classes. */
  readonly classes: readonly (readonly ImageClass[])[]
}

export interface ClassifyImageOptions extends PipelineOptions {
  /** What `preprocessor_config.json` would say. Default that of the folder, or resizing to the input's size and numbers in 0…1. */
  readonly preprocessor?: Json
  /** Names of the classes. Default `id2label` of `config.json`. */
  readonly labels?: readonly string[]
}

export type ClassifyImage = Pipeline<ClassifyImageInput, ClassifyImageResult>

const defaultTop = 5
const defaultBatch = 16

/** A classification pipeline of a model that takes pictures. Throws `no-pictures` for others. */
export async function classifyImage(
  model: Model,
  options: ClassifyImageOptions = {},
): Promise<ClassifyImage> {
  const input = openPictureInput(model)
  const config = await readJsonFile(model, 'config.json')
  const preprocessor = options.preprocessor ?? (await readJsonFile(model, 'preprocessor_config.json'))
  const process = imageProcessor(preprocessor, input)
  const output = scoresOf(input.part)
  const sharesOf =
    output.shares ?? (config?.['problem_type'] === 'multi_label_classification' ? sigmoid : softmax)
  const label = (index: number): string => options.labels?.[index] ?? labelIn(config, index) ?? String(index)
  return openPipeline<ClassifyImageInput, ClassifyImageResult>(model, options, async (begin, asked) => {
    const { picture, top = defaultTop, batch = defaultBatch, signal } = asked
    const pictures = 'data' in picture ? [picture] : picture
    if (!Number.isInteger(batch) || batch < 1)
      throw new DamsonError('input', `Expected a batch of 1 or more, got ${batch}.`)
    const tensors = pictures.map(process)
    const classes: ImageClass[][] = tensors.map(() => [])
    for (const group of picturesTogether(tensors, input, batch)) {
      signal?.throwIfAborted()
      const run = begin({ batch: group.length, ...(signal ? { signal } : {}) })
      const fed = group.flatMap(i => tensors[i] ?? [])
      const found = (await run(input.part.name, { [input.name]: input.tensor(fed) }))[output.name]
      const all = found ? numbersOf(found) : new Float32Array(0)
      const count = all.length / group.length
      for (const [i, at] of group.entries()) {
        const shares = [...sharesOf(all.subarray(i * count, (i + 1) * count))]
        const best = shares.map((score, index) => ({ index, label: label(index), score }))
        classes[at] = best.sort((a, b) => b.score - a.score).slice(0, top)
      }
    }
    return { classes }
  })
}

interface Scores {
  readonly name: string
  /** Undefined where the graph gives logits. */
  readonly shares: ((scores: Float32Array) => Float32Array) | undefined
}

/** The output with a score for each class, and whether the graph makes shares of them itself. */
function scoresOf({ graph, name }: Part): Scores {
  const found = graph.outputs.find(output => output.name === 'logits') ?? graph.outputs[0]
  if (!found) throw new DamsonError('classifier', `Expected an output of ${name}, got none.`)
  const maker = graph.nodes.find(node => node.outputs.includes(found.name))
  const ready = maker?.op === 'Softmax' || maker?.op === 'Sigmoid'
  return { name: found.name, shares: ready ? scores => scores : undefined }
}

function labelIn(config: Json | undefined, index: number): string | undefined {
  const names = config?.['id2label']
  const label = isJson(names) ? names[index] : undefined
  return typeof label === 'string' ? label : undefined
}

function softmax(logits: Float32Array): Float32Array {
  const top = logits.reduce((most, value) => Math.max(most, value), -Infinity)
  const weights = logits.map(value => Math.exp(value - top))
  const total = weights.reduce((sum, value) => sum + value, 0)
  return weights.map(value => value / total)
}

function sigmoid(logits: Float32Array): Float32Array {
  return logits.map(value => 1 / (1 + Math.exp(-value)))
}
