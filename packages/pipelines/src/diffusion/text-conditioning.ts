// Prompts to what a denoiser takes: which outputs of which text encoders, joined how, by the class of the model.
import type { Model, Outputs } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { RecordedRun } from '@damson/runtime'
import { numberIn, readJsonFile } from '../model-files.ts'
import { besideEachOther, floatTensor, joined, numbersOf, tensorAs, type FloatTensor } from '../tensors.ts'
import { openTokenizer, type PromptTokenizer } from '../text/tokenizer.ts'
import type { Conditioning, Denoiser } from './denoiser.ts'

interface TextEncoder_ {
  readonly part: string
  readonly tokenizer: PromptTokenizer
  readonly length: number
  /** T5: no pooled output, longer texts. */
  readonly pieces: boolean
}

/** Turns one prompt into a row of conditioning. */
export type EncodePrompt = (
  run: RecordedRun,
  prompt: string,
  branch: 'cond' | 'uncond',
) => Promise<Conditioning>

const folders = ['', '_2', '_3'] as const

/** The text encoders of a model with their tokenizers, or undefined where it has none. */
export async function openTextEncoders(model: Model, denoiser: Denoiser): Promise<EncodePrompt | undefined> {
  const opened = await Promise.all(folders.map(suffix => openEncoder(model, suffix, denoiser)))
  const encoders = opened.filter(encoder => encoder !== undefined)
  if (encoders.length === 0) return undefined
  return async (run, prompt, branch) => {
    const outputs: Outputs[] = []
    for (const encoder of encoders) {
      const ids = encoder.tokenizer.padded(prompt, encoder.length)
      const feeds = { input_ids: tensorAs(idsType(model, encoder.part), [1, ids.length], ids) }
      outputs.push(await run(encoder.part, feeds, { branch }))
    }
    return joinedOf(denoiser, encoders, outputs)
  }
}

async function openEncoder(
  model: Model,
  suffix: (typeof folders)[number],
  denoiser: Denoiser,
): Promise<TextEncoder_ | undefined> {
  const part = `text_encoder${suffix}`
  if (!model.parts.has(part)) return undefined
  const tokenizer = await openTokenizer(model, `tokenizer${suffix}`)
  if (!tokenizer) {
    throw new DamsonError(
      'tokenizer',
      `Expected tokenizer${suffix}/tokenizer.json (or vocab.json and merges.txt) beside ${part}, found neither.`,
    )
  }
  const config = await readJsonFile(model, `${part}/config.json`)
  const pieces = typeof config?.['model_type'] === 'string' && config['model_type'].includes('t5')
  const positions = numberIn(config, 'max_position_embeddings') ?? 77
  const standard = denoiser.kind === 'flux' ? 512 : 256
  return {
    part,
    tokenizer,
    pieces,
    length: pieces ? standard : Math.min(tokenizer.most ?? positions, positions),
  }
}

function idsType(model: Model, part: string): 'int32' | 'int64' {
  const input = model
    .part(part)
    .graph.requiredInputs()
    .find(({ name }) => name === 'input_ids')
  return input?.type?.kind === 'tensor' && input.type.dtype === 'int64' ? 'int64' : 'int32'
}

function joinedOf(
  { kind, textWidth }: Denoiser,
  encoders: readonly TextEncoder_[],
  outputs: readonly Outputs[],
): Conditioning {
  const first = outputs[0] ?? {}
  const last = outputs.at(-1) ?? {}
  switch (kind) {
    case 'stable-diffusion-xl':
      return { states: besideEachOther(outputs.map(penultimate)), pooled: floats(last, 'text_embeds') }
    case 'stable-diffusion-3': {
      const clip = outputs.filter((_, i) => encoders[i]?.pieces === false)
      const t5 = outputs.find((_, i) => encoders[i]?.pieces === true)
      const states = besideEachOther(clip.map(penultimate))
      const width = textWidth ?? states.shape[2] ?? 0
      const pieces = t5
        ? floats(t5, 'last_hidden_state')
        : floatTensor([1, 256, width], new Float32Array(256 * width))
      return {
        states: oneAfterOther([widened(states, width), pieces]),
        pooled: besideEachOther(clip.map(each => floats(each, 'text_embeds'))),
      }
    }
    case 'flux':
      return { states: floats(last, 'last_hidden_state'), pooled: floats(first, 'pooler_output') }
    case 'stable-diffusion':
    case 'unconditional':
      return { states: floats(first, 'last_hidden_state') }
  }
}

function floats(outputs: Outputs, name: string): FloatTensor {
  const tensor = outputs[name]
  if (tensor) return floatTensor(tensor.shape, numbersOf(tensor))
  throw new DamsonError(
    'text-encoder',
    `Expected an output ${name} of the text encoder, got ${Object.keys(outputs).join(', ')}. Export it again with it.`,
  )
}

/** The hidden state before the last layer, which SDXL and SD3 were trained on. */
function penultimate(outputs: Outputs): FloatTensor {
  const states = Object.keys(outputs).filter(name => /^hidden_states\.\d+$/.test(name))
  const index = (name: string): number => Number(name.slice('hidden_states.'.length))
  const name = states.sort((a, b) => index(a) - index(b)).at(-2)
  return floats(outputs, name ?? 'hidden_states.0')
}

/** [1, tokens, a] with zeros up to [1, tokens, width]. */
function widened(states: FloatTensor, width: number): FloatTensor {
  const missing = width - (states.shape[2] ?? 0)
  const tokens = states.shape[1] ?? 0
  if (missing <= 0) return states
  return besideEachOther([states, floatTensor([1, tokens, missing], new Float32Array(tokens * missing))])
}

/** [1, a, width] and [1, b, width] make [1, a + b, width]. */
function oneAfterOther(tensors: readonly FloatTensor[]): FloatTensor {
  const tokens = tensors.reduce((sum, { shape }) => sum + (shape[1] ?? 0), 0)
  return floatTensor([1, tokens, tensors[0]?.shape[2] ?? 0], joined(tensors.map(({ data }) => data)))
}
