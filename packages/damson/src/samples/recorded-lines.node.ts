// Samples of models that run in a loop, written as what their pipelines are asked: prompts, texts, sounds, pictures. Every
// line is run through the pipeline of the original model, and what each part is fed on the way becomes its samples.
import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { DamsonError, type Model } from '@damson/core'
import {
  classifyImage, embed, readPicture, readWav, record, textGeneration, textToImage, transcribe, type Pipeline, type PipelineOptions,
} from '@damson/pipelines' // prettier-ignore
import type { SampleSet } from '@damson/runtime'
import * as v from 'valibot'
import { jsonObjects, type JsonLine } from './json-objects.node.ts'

export interface RecordingOptions {
  readonly signal?: AbortSignal
  /** Told of every line that is done. */
  readonly onRecorded?: (done: number, total: number) => void
}

/** Checks every line, then runs them all. Throws `samples` naming the line. */
export async function recordLines(path: string, model: Model, options: RecordingOptions): Promise<SampleSet> {
  const lines: JsonLine[] = []
  for await (const line of jsonObjects(path)) lines.push(line)
  const [first] = lines
  if (!first) throw new DamsonError('samples', `Expected lines in "${basename(path)}", found none.`)
  return kindFor(model, first)(lines, { ...options, model, folder: dirname(path) })
}

interface Job extends RecordingOptions {
  readonly model: Model
  /** Where files that lines name are looked for. */
  readonly folder: string
}

type Kind = (lines: readonly JsonLine[], job: Job) => Promise<SampleSet>

/** Lines of one form, for one kind of pipeline. */
function asking<Asked, Input>(
  schema: v.GenericSchema<unknown, Asked>,
  open: (model: Model, options: PipelineOptions) => Promise<Pipeline<Input, unknown>>,
  inputOf: (asked: Asked, folder: string) => Input | Promise<Input>,
): Kind {
  return async (lines, { model, folder, signal, onRecorded }) => {
    const asked = lines.map(line => ({ at: line.at, asked: checked(schema, line) }))
    let at = basename(folder)
    const inputs = async function* (): AsyncIterable<Input> {
      for (const [done, line] of asked.entries()) {
        onRecorded?.(done, asked.length)
        at = line.at
        yield await inputOf(line.asked, folder)
      }
    }
    const stop = signal ? { signal } : {}
    const pipeline = await open(model, stop)
    try {
      return await record(pipeline, inputs(), stop)
    } catch (cause) {
      if (signal?.aborted) throw cause
      throw invalid(at, cause instanceof Error ? cause.message : String(cause), cause)
    } finally {
      await pipeline.close()
    }
  }
}

function checked<Asked>(schema: v.GenericSchema<unknown, Asked>, { at, value }: JsonLine): Asked {
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  const key = issue.path?.map(({ key }) => String(key)).join('.')
  throw invalid(at, key === undefined ? issue.message : `"${key}": ${issue.message}`)
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1))
const whole = v.pipe(v.number(), v.integer(), v.minValue(0))
const text = v.string()

const drawing = asking(
  v.strictObject({
    prompt: v.exactOptional(text),
    negativePrompt: v.exactOptional(text),
    imagesPerPrompt: v.exactOptional(count),
    steps: v.exactOptional(count),
    guidance: v.exactOptional(v.number()),
    trueGuidance: v.exactOptional(v.number()),
    guidanceMode: v.exactOptional(v.picklist(['batched', 'sequential'])),
    seed: v.exactOptional(whole),
    width: v.exactOptional(count),
    height: v.exactOptional(count),
    scheduler: v.exactOptional(text),
    eta: v.exactOptional(v.number()),
  }),
  textToImage,
  asked => asked,
)

const writing = asking(
  v.strictObject({
    prompt: v.exactOptional(text),
    tokens: v.exactOptional(v.array(whole)),
    maxTokens: v.exactOptional(count),
    minTokens: v.exactOptional(whole),
    temperature: v.exactOptional(v.number()),
    topK: v.exactOptional(whole),
    topP: v.exactOptional(v.number()),
    repetitionPenalty: v.exactOptional(v.number()),
    seed: v.exactOptional(whole),
  }),
  textGeneration,
  ({ tokens, ...asked }) => ({ ...asked, ...(tokens ? { tokens: [tokens] } : {}) }),
)

const embedding = asking(v.strictObject({ text }), embed, asked => asked)

const hearing = asking(
  v.strictObject({
    sound: text,
    language: v.exactOptional(text),
    task: v.exactOptional(v.picklist(['transcribe', 'translate'])),
    maxTokens: v.exactOptional(count),
  }),
  transcribe,
  async ({ sound, ...asked }, folder) => ({
    ...asked,
    sound: readWav(await readFile(resolve(folder, sound))),
  }),
)

const seeing = asking(v.strictObject({ picture: text }), classifyImage, async ({ picture }, folder) => ({
  picture: await readPicture(await readFile(resolve(folder, picture))),
}))

/** By a key that lines of the kind have. */
const kinds: Readonly<Record<string, Kind>> = {
  prompt: writing,
  tokens: writing,
  text: embedding,
  sound: hearing,
  picture: seeing,
}

function kindFor(model: Model, { at, value }: JsonLine): Kind {
  if ([...model.parts.values()].some(({ role }) => role === 'denoiser')) return drawing
  const kind = Object.entries(kinds).find(([key]) => key in value)?.[1]
  if (kind) return kind
  const got = Object.keys(value).map(key => `"${key}"`)
  throw invalid(
    at,
    `expected { "part": …, "inputs": { … } }, or one of the keys ${Object.keys(kinds).join(', ')}, got ${got.join(', ') || 'none'}`,
  )
}

function invalid(at: string, why: string, cause?: unknown): DamsonError {
  return new DamsonError('samples', `${at}: ${why.replace(/\.$/, '')}.`, cause === undefined ? {} : { cause })
}
