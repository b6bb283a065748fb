// What a part is for, from the name of its file (the field's conventions) and, where the name says nothing, from its inputs.
import type { Graph } from '@damson/graph'
import type { Role } from './model.ts'

/** File or folder names of optimum, diffusers and transformers.js. The first that matches decides. */
const byName: readonly (readonly [RegExp, Role])[] = [
  [/^(unet|transformer|prior|latent_denoiser)$/, 'denoiser'],
  [/^(text_encoder(_\d)?|text_model)$/, 'text-encoder'],
  [/^(vae_encoder|vision_encoder|vision_model|image_encoder|prepare_inputs_embeds)$/, 'image-encoder'],
  [/^(vae_decoder|image_decode)$/, 'image-decoder'],
  [/^(audio_encoder|speech_encoder)$/, 'audio-encoder'],
  [/^(voice_decoder|conditional_decoder|encodec_decode)$/, 'audio-decoder'],
  [/^embed_tokens$|_embeds$/, 'embedding'],
  [/^(lm_head|gen_head)$/, 'head'],
  [/^encoder(_model)?$/, 'encoder'],
  [/^(decoder|language_model)(_|$)/, 'decoder'],
]

/** True for names that the field's layouts give to parts. */
export function hasUsualName(name: string): boolean {
  return name === 'model' || byName.some(([pattern]) => pattern.test(name))
}

/** The role of a part. Inputs: `past_key_values.*` make a decoder, a picture with a timestep a denoiser. */
export function roleOf(name: string, graph: Graph): Role {
  const named = byName.find(([pattern]) => pattern.test(name))
  if (named) return named[1]
  const inputs = graph.requiredInputs().map(input => input.name)
  if (inputs.some(input => /^past(_key_values)?[._]/.test(input))) return 'decoder'
  if (inputs.includes('timestep') || inputs.includes('t')) return 'denoiser'
  return 'main'
}
