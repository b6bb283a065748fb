// Speech to text, by encoder-decoder models of Whisper's kind (Radford et al. 2022, arXiv 2212.04356).
import type { Feeds, Model, Part } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { Begin, RecordedRun } from '@damson/runtime'
import { hopLength, logMel, whisperRate } from './audio/log-mel.ts'
import type { Sound } from './audio/sound.ts'
import { openDecoder, type Decoder } from './generation/decoder.ts'
import { decodeRows } from './generation/decode-rows.ts'
import { openDecoding } from './generation/decoding.ts'
import { readGenerationConfig, type GenerationConfig } from './generation/generation-config.ts'
import { isJson, numberIn, readJsonFile } from './model-files.ts'
import { ownParts } from './own-parts.ts'
import { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'
import { tensorAs } from './tensors.ts'
import { findTextTokenizer, type TextTokenizer } from './text/text-tokenizer.ts'

export interface TranscribeInput {
  /** 16,000 samples a second; of any length: it is heard in pieces of what the model takes (30 s). */
  readonly sound: Sound
  /** A code of the model's languages, `en`. Default: of several languages, the one that the model hears in each piece. */
  readonly language?: string
  /** Default `transcribe`. */
  readonly task?: 'transcribe' | 'translate'
  /** New tokens of each piece, at most. Default what the model has positions for. */
  readonly maxTokens?: number
  /** Without the cache every step runs all tokens again. Default true. */
  readonly useCache?: boolean
  readonly signal?: AbortSignal
  /** Called for each token, and waited for. */
  readonly onToken?: (step: { readonly piece: number; readonly token: number }) => void | Promise<void>
}

export interface TranscribeResult {
  /** Empty without a tokenizer. */
  readonly text: string
  readonly pieces: readonly TranscribedPiece[]
}

export interface TranscribedPiece {
  /** Where it begins. */
  readonly seconds: number
  readonly text: string
  /** What the decoder was given to begin with. */
  readonly prompt: readonly number[]
  /** New tokens; the stop token, where there was one, is the last. */
  readonly tokens: readonly number[]
}

export interface TranscribeOptions extends PipelineOptions {
  /** Default the `tokenizer.json` of the model's folder. */
  readonly tokenizer?: TextTokenizer
}

export type Transcribe = Pipeline<TranscribeInput, TranscribeResult>

/** A speech-to-text pipeline. Throws `no-encoder` and `no-decoder` for other models. */
export async function transcribe(model: Model, options: TranscribeOptions = {}): Promise<Transcribe> {
  const ears = await openEars(model)
  const decoder = openDecoder(model)
  const config = await readGenerationConfig(model)
  const tokenizer = options.tokenizer ?? (await findTextTokenizer(model))
  return openPipeline<TranscribeInput, TranscribeResult>(model, options, async (begin, input) => {
    const { rate, samples } = input.sound
    if (rate !== whisperRate)
      throw new DamsonError(
        'input',
        `Expected sound of ${whisperRate} samples a second, got ${rate}. Resample it.`,
      )
    const length = ears.frames * hopLength
    const pieces: TranscribedPiece[] = []
    for (let from = 0; from === 0 || from < samples.length; from += length) {
      input.signal?.throwIfAborted()
      const piece = samples.subarray(from, from + length)
      const heard = { ears, decoder, config, begin, input }
      const { prompt, tokens } = await transcribePiece(heard, piece, pieces.length)
      pieces.push({
        seconds: from / whisperRate,
        text: tokenizer?.decode(tokens).trim() ?? '',
        prompt,
        tokens,
      })
    }
    return {
      text: pieces
        .map(({ text }) => text)
        .join(' ')
        .trim(),
      pieces,
    }
  })
}

/** The encoder, and the features that it takes. */
interface Ears {
  readonly part: Part
  readonly bands: number
  readonly frames: number
  encode(run: RecordedRun, samples: Float32Array): Promise<Feeds>
}

async function openEars(model: Model): Promise<Ears> {
  const takes = (part: Part): Part['graph']['inputs'][number] | undefined =>
    part.graph.requiredInputs().find(({ name }) => name === 'input_features')
  const part = [...ownParts(model).values()].find(takes)
  const type = part && takes(part)?.type
  if (!part || type?.kind !== 'tensor') {
    throw new DamsonError(
      'no-encoder',
      `Expected a part that takes input_features, got ${[...model.parts.keys()].join(', ')}. Load the folder of a speech model.`,
    )
  }
  const config = await readJsonFile(model, 'config.json')
  const processor = await readJsonFile(model, 'preprocessor_config.json')
  const fixed = (axis: number): number | undefined => {
    const dim = type.shape?.[axis]
    return typeof dim === 'number' && dim > 0 ? dim : undefined
  }
  const positions = numberIn(config, 'max_source_positions')
  const bands = fixed(1) ?? numberIn(processor, 'feature_size') ?? numberIn(config, 'num_mel_bins') ?? 80
  const frames =
    fixed(2) ?? numberIn(processor, 'nb_max_frames') ?? (positions === undefined ? 3000 : positions * 2)
  return {
    ...{ part, bands, frames },
    async encode(run, samples) {
      const { shape, data } = logMel(samples, bands, frames)
      const outputs = await run(part.name, { input_features: tensorAs(type.dtype ?? 'float32', shape, data) })
      const states = outputs['last_hidden_state'] ?? Object.values(outputs)[0]
      return states ? { encoder_hidden_states: states } : {}
    },
  }
}

interface Hearing {
  readonly ears: Ears
  readonly decoder: Decoder
  readonly config: GenerationConfig
  readonly begin: Begin
  readonly input: TranscribeInput
}

async function transcribePiece(
  { ears, decoder, config, begin, input }: Hearing,
  samples: Float32Array,
  piece: number,
): Promise<Pick<TranscribedPiece, 'prompt' | 'tokens'>> {
  const { signal, onToken, useCache = true } = input
  const run = begin({ batch: 1, ...(signal ? { signal } : {}) })
  const beside = await ears.encode(run, samples)
  const first = numberIn(config.json, 'decoder_start_token_id') ?? 0
  const heard = async (languages: readonly number[]): Promise<number> => {
    const [scores] = await openDecoding(decoder, { run, useCache, beside }).append([[first]], [[1]])
    return languages.toSorted((a, b) => (scores?.[b] ?? 0) - (scores?.[a] ?? 0))[0] ?? first
  }
  const prompt = [first, ...(await promptOf(config, input, heard))]
  const room = (config.positions ?? whisperPositions) - prompt.length
  const [row] = await decodeRows({
    ...{ run, decoder, beside, useCache, signal, starts: [prompt], seeds: [0], pad: config.padToken ?? 0 },
    choice: { temperature: 0, topK: 0, topP: 1, repetitionPenalty: config.repetitionPenalty },
    least: [0],
    most: [Math.max(0, Math.min(input.maxTokens ?? config.most(prompt.length) ?? room, room))],
    stopTokens: new Set(config.stopTokens),
    suppressed: config.suppressTokens,
    suppressedFirst: config.beginSuppressTokens,
    onToken: (_, token) => onToken?.({ piece, token }),
  })
  return { prompt, tokens: row?.tokens ?? [] }
}

const whisperPositions = 448

/** What follows the start token: language, task and that there are no times, as `generation_config.json` numbers them. */
async function promptOf(
  { json }: GenerationConfig,
  { language, task = 'transcribe' }: TranscribeInput,
  heard: (languages: readonly number[]) => Promise<number>,
): Promise<readonly number[]> {
  const [languages, tasks] = [idsIn(json['lang_to_id']), idsIn(json['task_to_id'])]
  const untimed = numberIn(json, 'no_timestamps_token_id')
  const end = untimed === undefined ? [] : [untimed]
  if (languages.size === 0) {
    if (language !== undefined) throw languageError(language, [])
    const forced = forcedIds(json['forced_decoder_ids'])
    return [...forced, ...end.filter(token => !forced.includes(token))]
  }
  const named =
    language === undefined ? await heard([...languages.values()]) : languages.get(`<|${language}|>`)
  if (named === undefined) throw languageError(language ?? '', [...languages.keys()])
  const asked = tasks.get(task)
  return [named, ...(asked === undefined ? [] : [asked]), ...end]
}

function languageError(language: string, known: readonly string[]): DamsonError {
  const there =
    known.length === 0 ? 'no choice of languages' : known.map(name => name.replace(/[<|>]/g, '')).join(', ')
  return new DamsonError('input', `Expected a language that the model has (${there}), got "${language}".`)
}

function idsIn(value: unknown): ReadonlyMap<string, number> {
  const entries = isJson(value) ? Object.entries(value) : []
  return new Map(entries.flatMap(([name, id]) => (typeof id === 'number' ? [[name, id] as const] : [])))
}

/** Pairs of position and token, as older configurations have them. */
function forcedIds(value: unknown): readonly number[] {
  const pairs: readonly unknown[] = Array.isArray(value) ? value : []
  return pairs.flatMap(pair => (Array.isArray(pair) && typeof pair[1] === 'number' ? [pair[1]] : []))
}
