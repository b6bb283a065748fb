// The denoiser of a diffusion model, of whatever class: which one it is shows in its inputs, so any export that has the field's
// names works. This file knows what each input means; the loop around it knows none of them.
import type { Model, Part, TensorData } from '@damson/core'
import { DamsonError, type ValueInfo } from '@damson/graph'
import { numberIn, readJsonFile, type Json } from '../model-files.ts'
import { ownParts } from '../own-parts.ts'
import { tensorAs, type FloatTensor } from '../tensors.ts'
import { pictureIds } from './packed-latents.ts'
import { guidanceEmbedding } from './guidance-embedding.ts'

/** What text (or the caller) gives a denoiser to work towards; rows are pictures. */
export interface Conditioning {
  /** [rows, tokens, width] */
  readonly states: FloatTensor
  /** [rows, width] */
  readonly pooled?: FloatTensor
}

type DenoiserKind =
  'stable-diffusion' | 'stable-diffusion-xl' | 'stable-diffusion-3' | 'flux' | 'unconditional'

/** Latents in pixels of their own. */
export interface LatentSize {
  readonly channels: number
  readonly height: number
  readonly width: number
}

export interface Denoiser {
  readonly kind: DenoiserKind
  readonly part: string
  readonly config: Json
  /** Channels of one latent pixel, before any packing. */
  readonly channels: number
  /** Takes the guidance as an input: such a model needs no second branch. */
  readonly embedsGuidance: boolean
  /** Channels beside the latents: mask and masked picture of an inpainting model. */
  readonly extraChannels: number
  /** The width of the text states that it takes. */
  readonly textWidth: number | undefined
  feeds(call: DenoiserCall): Readonly<Record<string, TensorData>>
  /** The output among those of a run. */
  readonly output: string
}

interface DenoiserCall {
  /** As the denoiser wants it: [rows, channels, height, width], for Flux packed. */
  readonly sample: FloatTensor
  readonly timestep: number
  readonly size: LatentSize
  /** Height and width of the picture in pixels. */
  readonly picture: readonly [number, number]
  readonly guidance: number
  readonly conditioning: Conditioning | undefined
}

/** Finds the denoiser of a model. Throws `no-denoiser` when no part is one. */
export async function openDenoiser(model: Model): Promise<Denoiser> {
  const part = [...ownParts(model).values()].find(({ role }) => role === 'denoiser')
  if (!part) {
    throw new DamsonError(
      'no-denoiser',
      `Expected a part unet or transformer, got ${[...model.parts.keys()].join(', ')}. Load the folder of a diffusion model.`,
    )
  }
  const config = (await readJsonFile(model, `${part.name}/config.json`)) ?? {}
  const inputs = part.graph.requiredInputs()
  const kind = kindOf(inputs)
  const sample = mustFind(inputs, ['sample', 'hidden_states'], part)
  const said = numberIn(config, 'in_channels') ?? sizeOf(sample, 1)
  if (said === undefined)
    throw new DamsonError('denoiser', `Expected in_channels in ${part.name}/config.json.`)
  const extra = kind === 'stable-diffusion' && said === 9 ? 5 : 0
  return {
    kind,
    part: part.name,
    config,
    channels: kind === 'flux' ? said / 4 : said - extra,
    extraChannels: extra,
    embedsGuidance: inputs.some(({ name }) => name === 'guidance' || name === 'timestep_cond'),
    textWidth: sizeOf(
      inputs.find(({ name }) => name === 'encoder_hidden_states'),
      2,
    ),
    output: part.graph.outputs[0]?.name ?? 'out_sample',
    feeds: call => feedsOf(inputs, sample, kind, config, call),
  }
}

function kindOf(inputs: readonly ValueInfo[]): DenoiserKind {
  const has = (name: string): boolean => inputs.some(input => input.name === name)
  if (has('img_ids')) return 'flux'
  if (has('pooled_projections')) return 'stable-diffusion-3'
  if (has('time_ids')) return 'stable-diffusion-xl'
  return has('encoder_hidden_states') ? 'stable-diffusion' : 'unconditional'
}

function mustFind(inputs: readonly ValueInfo[], names: readonly string[], part: Part): ValueInfo {
  const found = inputs.find(({ name }) => names.includes(name))
  if (found) return found
  throw new DamsonError(
    'denoiser',
    `Expected an input ${names.join(' or ')} of ${part.name}, got ${inputs.map(({ name }) => name).join(', ')}.`,
  )
}

function dimsOf(input: ValueInfo | undefined): readonly (number | string | null)[] | undefined {
  return input?.type?.kind === 'tensor' ? input.type.shape : undefined
}

function sizeOf(input: ValueInfo | undefined, axis: number): number | undefined {
  const dim = dimsOf(input)?.[axis]
  return typeof dim === 'number' && dim > 0 ? dim : undefined
}

function feedsOf(
  inputs: readonly ValueInfo[],
  sample: ValueInfo,
  kind: DenoiserKind,
  config: Json,
  call: DenoiserCall,
): Readonly<Record<string, TensorData>> {
  const values = valuesOf(sample, kind, config, call)
  return Object.fromEntries(
    inputs.map(input => {
      const value = values[input.name]?.(input)
      const dtype = input.type?.kind === 'tensor' ? input.type.dtype : undefined
      if (!value || !dtype) {
        throw new DamsonError(
          'denoiser',
          `Input "${input.name}" of the denoiser: expected one that ${kind} models have, or conditioning for it, got none.`,
        )
      }
      return [input.name, tensorAs(dtype, value.shape, value.data)]
    }),
  )
}

/** Flux is told the noise level in 0…1. */
const fluxTime = 1000

type Numbers = { readonly shape: readonly number[]; readonly data: Float32Array | readonly number[] }

/** What each input is fed, by name. */
function valuesOf(
  sample: ValueInfo,
  kind: DenoiserKind,
  config: Json,
  call: DenoiserCall,
): Readonly<Record<string, (input: ValueInfo) => Numbers | undefined>> {
  const rows = call.sample.shape[0] ?? 1
  const every = (value: number): Numbers => ({
    shape: [rows],
    data: Array.from({ length: rows }, () => value),
  })
  const { conditioning, size, picture } = call
  const [height, width] = picture
  const time = kind === 'flux' ? call.timestep / fluxTime : call.timestep
  const batch = dimsOf(sample)?.[0]
  const timeOf = (input: ValueInfo): Numbers => {
    const [dim, ...more] = dimsOf(input) ?? []
    if (dim === undefined || more.length > 0) return { shape: [], data: [time] }
    return dim === batch ? every(time) : { shape: [1], data: [time] }
  }
  const text = conditioning?.states.shape[1] ?? 0
  return {
    [sample.name]: () => call.sample,
    timestep: timeOf,
    encoder_hidden_states: () => conditioning?.states,
    pooled_projections: () => conditioning?.pooled,
    text_embeds: () => conditioning?.pooled,
    time_ids: () => repeated(rows, [height, width, 0, 0, height, width]),
    timestep_cond: input => {
      const wide = numberIn(config, 'time_cond_proj_dim') ?? sizeOf(input, 1) ?? 256
      return repeated(rows, guidanceEmbedding(call.guidance - 1, wide))
    },
    guidance: () => every(call.guidance),
    img_ids: input => idsAs(input, rows, pictureIds(size)),
    txt_ids: input =>
      idsAs(
        input,
        rows,
        Array.from({ length: text * 3 }, () => 0),
      ),
  }
}

function repeated(rows: number, row: readonly number[]): Numbers {
  return { shape: [rows, row.length], data: Array.from({ length: rows }, () => row).flat() }
}

/** Position ids [tokens, 3]; exports before diffusers 0.31 want one set for each row. */
function idsAs(input: ValueInfo, rows: number, ids: readonly number[]): Numbers {
  const shape = [ids.length / 3, 3]
  if (dimsOf(input)?.length !== 3) return { shape, data: ids }
  return { shape: [rows, ...shape], data: Array.from({ length: rows }, () => ids).flat() }
}
