// What a step costs on real models, with calibration and evaluation disjoint: the SQNR of the worst output over all
// evaluation samples, and for the storyteller how many nats a token its perplexity rises.
import { readFileSync } from 'node:fs'
import { smash, type Feeds, type Model, type Runtime, type Sample, type Step } from '@damson/core'
import { requireZoo } from '@damson/zoo'
import { readModel } from './read-model.ts'
import { sentences, unigramTokenizer } from './sentences.ts'
import { perplexity, storyFeeds, tellStories } from './stories.ts'

/** A model with samples to learn from, and others to be judged on. */
export interface Task {
  readonly model: Model
  readonly samples: readonly Sample[]
  readonly evaluation: readonly Feeds[]
  /** Texts of the storyteller. */
  readonly told?: readonly (readonly number[])[]
}

/** The sentence encoder: two sentences of three to learn from, the third to be judged on. */
export async function sentenceTask(): Promise<Task> {
  const model = await readModel(requireZoo('models/use_lite.onnx'))
  const vocabulary: unknown = JSON.parse(readFileSync(requireZoo('models/use_lite.vocab.json'), 'utf8'))
  const tokens = unigramTokenizer(piecesOf(vocabulary))
  const feeds = sentences.map(sentence => feedsOf(tokens(sentence)))
  const samples = feeds.filter((_, at) => at % 3 !== 2).map(each => ({ part: 'model', feeds: each }))
  return { model, samples, evaluation: feeds.filter((_, at) => at % 3 === 2) }
}

function feedsOf(ids: readonly number[]): Feeds {
  return { input_ids: { dtype: 'int64', shape: [1, ids.length], data: BigInt64Array.from(ids, BigInt) } }
}

function piecesOf(vocabulary: unknown): readonly (readonly [string, number])[] {
  if (!Array.isArray(vocabulary)) throw new TypeError('expected a list of pieces')
  return vocabulary.map((piece: unknown) => {
    const [text, score]: readonly unknown[] = Array.isArray(piece) ? piece : []
    return [String(text), Number(score)] as const
  })
}

/** The storyteller: texts of one seed to learn from, of another to be judged on. */
export async function storyTask(runtime: Runtime, counts = { learnt: 32, judged: 8 }): Promise<Task> {
  const model = await readModel(requireZoo('models/stories260K.onnx'))
  const tell = (count: number, length: number, seed: number) =>
    tellStories(model, runtime, { count, length, seed, temperature: 0.75 })
  const samples = (await tell(counts.learnt, 128, 1)).map(each => ({
    part: 'model',
    feeds: storyFeeds([each]),
  }))
  return { model, samples, evaluation: [], told: await tell(counts.judged, 256, 1001) }
}

/** Nats a token that the perplexity rises by. */
export async function natsLost(task: Task, made: Model, runtime: Runtime): Promise<number> {
  const told = task.told ?? []
  return (
    Math.log(await perplexity(made, runtime, told)) - Math.log(await perplexity(task.model, runtime, told))
  )
}

/** 10·log10(Σ‖y‖² / Σ‖y − ŷ‖²) over all evaluation samples and float outputs together. */
export async function decibels({ model, evaluation }: Task, made: Model, runtime: Runtime): Promise<number> {
  const [original, smashed] = [await runtime.open(model), await runtime.open(made)]
  let [signal, noise] = [0, 0]
  try {
    for (const feeds of evaluation) {
      const [want, got] = [await original.run('model', feeds), await smashed.run('model', feeds)]
      for (const [name, { data }] of Object.entries(want)) {
        for (let at = 0; at < data.length; at++) {
          const value = Number(data[at])
          signal += value ** 2
          noise += (value - Number(got[name]?.data[at])) ** 2
        }
      }
    }
  } finally {
    await original.close()
    await smashed.close()
  }
  return 10 * Math.log10(signal / noise)
}

/** The model after one step, fitted on the task's samples. */
export function made({ model, samples }: Task, step: Step, runtime: Runtime): Promise<Model> {
  return smash(model, [step], { samples, runtime })
}
