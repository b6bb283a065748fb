// What each model of the zoo has by construction, from the config.json beside it or the paper that it follows: attentions,
// rotations, norms and activations. Nothing here was counted in a graph. L: layers.

export interface Counted {
  /** Of queries, keys and values. */
  readonly attentions?: number
  /** Of queries and of keys, each. */
  readonly rotations?: number
  /** Softmaxes of routers of experts, which are no attention. */
  readonly routers?: number
  /** Layer norms and root mean square norms. */
  readonly norms?: number
  /** Group norms. */
  readonly groups?: number
  readonly activations?: number
  /** Convolutions of all the phases of a picture. */
  readonly phases?: number
  /** Pow and ReduceMean that belong to no norm. */
  readonly others?: boolean
}

/** A norm before or behind each half of a layer, and one at the end or behind the embeddings: BERT, ViT, CLIP. */
const bert = (L: number): Counted => ({ attentions: L, norms: 1 + 2 * L, activations: L })
const llama = (L: number, routers = 0): Counted => ({ ...bert(L), rotations: 2 * L, routers })
/** Queries and keys are normed too. */
const qwen = (L: number, routers = 0): Counted => ({ ...llama(L, routers), norms: 4 * L + 1 })
/** Two norms around each half of a layer, and those of queries and keys. */
const gemma = (L: number): Counted => ({ ...llama(L), norms: 6 * L + 1 })
/** Attention to itself and to the encoder. */
const decoder = (L: number): Counted => ({ attentions: 2 * L, norms: 3 * L + 1, activations: L })
const decoders = (L: number): Counted => ({ attentions: 4 * L, norms: 6 * L + 2, activations: 2 * L })

/**
 * R residual blocks, T transformer blocks in A attentions. SiLU: two a residual block, one for all times, one before the end,
 * and one in each embedding of the time and what goes with it.
 */
const unet = (R: number, T: number, A: number, embeddings = 1): Counted => ({
  attentions: 2 * T,
  norms: 3 * T,
  groups: 2 * R + A + 1,
  activations: 2 * R + 2 + embeddings + T,
})
/** R residual blocks, A attentions in the middle. */
const vae = (R: number, A: number): Counted => ({
  attentions: A,
  groups: 2 * R + A + 1,
  activations: 2 * R + 1,
})
/** D double and S single blocks, E embeddings of time, text and guidance; one SiLU before all modulations. */
const flux = (D: number, S: number, E: number): Counted => ({
  attentions: D + S,
  rotations: 2 * (D + S),
  norms: 4 * D + S + 1 + 4 * D + 2 * S,
  activations: 2 * D + S + E + 1,
})
/** The last block has no second context norm and no context layer; the first has a second attention. */
const sd3 = (L: number): Counted => ({
  attentions: L + 1,
  norms: 4 * L - 1 + 1 + 4 * L + 2,
  activations: 2 * L - 1 + 3,
})
/** B blocks of two SiLU and, but for the last, a norm; seven embeddings of the time; one in each of two changes of size. */
const ddpm = (B: number): Counted => ({ norms: B - 1, activations: 2 * B + 7 + 2 })

export const fusionCounts: Readonly<Record<string, Counted>> = {
  'fixtures/bert-tiny-ts/model.onnx': bert(2),
  'fixtures/bert-tiny-dynamo/model.onnx': bert(2),
  'fixtures/bert-tiny-extdata/model.onnx': bert(2),
  'fixtures/vit-tiny/model.onnx': bert(2),
  'fixtures/llama-tiny-ts/model.onnx': llama(2),
  'fixtures/llama-tiny-dynamo/model.onnx': llama(2),
  'fixtures/mixtral-tiny-dynamo/model.onnx': llama(2, 2),
  'fixtures/qwen3-tiny/model.onnx': qwen(2),
  'fixtures/moe-tiny/model.onnx': qwen(2, 1),
  'fixtures/gemma3-tiny/model.onnx': gemma(3),
  'fixtures/t5-tiny/encoder_model.onnx': bert(2),
  'fixtures/t5-tiny/decoder_model.onnx': decoder(2),
  'fixtures/t5-tiny/decoder_with_past_model.onnx': decoder(2),
  'fixtures/t5-tiny/decoder_model_merged.onnx': decoders(2),
  // Two GELUs behind the convolutions.
  'fixtures/whisper-tiny-random/encoder_model.onnx': { ...bert(2), activations: 2 + 2 },
  'fixtures/whisper-tiny-random/decoder_model.onnx': decoder(2),
  'fixtures/whisper-tiny-random/decoder_with_past_model.onnx': decoder(2),
  'fixtures/whisper-tiny-random/decoder_model_merged.onnx': decoders(2),
  'fixtures/sd15-tiny-ts/text_encoder/model.onnx': bert(2),
  'fixtures/sd15-tiny-dynamo/text_encoder/model.onnx': bert(2),
  'fixtures/sd15-tiny-ts/unet/model.onnx': unet(11, 7, 7),
  'fixtures/sd15-tiny-dynamo/unet/model.onnx': unet(11, 7, 7),
  'fixtures/sd15-tiny-ts/vae_decoder/model.onnx': vae(6, 1),
  'fixtures/sd15-tiny-dynamo/vae_decoder/model.onnx': vae(6, 1),
  'fixtures/sd15-tiny-ts/vae_encoder/model.onnx': vae(4, 1),
  'fixtures/sd15-tiny-dynamo/vae_encoder/model.onnx': vae(4, 1),
  'fixtures/sdxl-tiny/text_encoder/model.onnx': bert(3),
  'fixtures/sdxl-tiny/text_encoder_2/model.onnx': bert(3),
  'fixtures/sdxl-tiny/unet/model.onnx': unet(11, 11, 7, 2),
  'fixtures/sdxl-tiny/vae_decoder/model.onnx': vae(6, 1),
  'fixtures/sdxl-tiny/vae_encoder/model.onnx': vae(4, 1),
  'fixtures/flux-tiny/transformer/model.onnx': flux(2, 2, 3),
  'fixtures/sd3-tiny/transformer/model.onnx': sd3(3),
  'emoji/emoji-unet/text_encoder/model.onnx': bert(3),
  'emoji/emoji-unet/unet/model.onnx': unet(11, 7, 7),
  'emoji/emoji-unet/vae_decoder/model.onnx': vae(8, 0),
  'emoji/emoji-unet/vae_encoder/model.onnx': vae(5, 0),
  'emoji/emoji-transformer/text_encoder/model.onnx': bert(3),
  'emoji/emoji-transformer/transformer/model.onnx': flux(3, 6, 2),
  'emoji/emoji-transformer/vae_decoder/model.onnx': vae(8, 0),
  'emoji/emoji-transformer/vae_encoder/model.onnx': vae(5, 0),
  'models/stories260K.onnx': llama(5),
  // The layers end in ReLU; no norm at the end.
  'models/use_lite.onnx': { attentions: 2, norms: 2 * 2 },
  'models/ddpm_mnist_28.onnx': ddpm(21),
  'models/ddpm_fashion_28.onnx': ddpm(21),
  // 113 convolutions, 9 of them for predictions.
  'models/yolox_nano_coco.onnx': { activations: 113 - 9, phases: 1 },
  // The second stage has an instant layer norm, the first none.
  'models/dtln_2.onnx': { norms: 1 },
  // Two recurrent blocks, inside and across frames; magnitudes have powers and means of their own.
  'models/gtcrn_simple.onnx': { norms: 2 * 2, others: true },
}

/** Models of Relu, sigmoid and norms of batches, in which nothing is fused. */
export const nothingToFuse: readonly string[] = [
  'fixtures/resnet-tiny-ts/model.onnx',
  'fixtures/resnet-tiny-dynamo/model.onnx',
  'models/basic_pitch_nmp.onnx',
  'models/dtln_1.onnx',
  'models/esrgan_rdn_x2_slim.onnx',
  'models/esrgan_rdn_x4_slim.onnx',
  'models/mnist8.onnx',
  'models/ultraface_rfb320.onnx',
]
