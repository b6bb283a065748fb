// Models on which quality is compared with ONNX Runtime's quantize_dynamic, and on how many generated feeds. The noise of all
// feeds is summed, so that no single one decides; large models get few, for time.
export interface ComparedModel {
  readonly path: string
  readonly feeds: number
}

export const comparedModels: readonly ComparedModel[] = [
  { path: 'models/use_lite.onnx', feeds: 16 },
  { path: 'models/stories260K.onnx', feeds: 16 },
  { path: 'models/ddpm_fashion_28.onnx', feeds: 16 },
  { path: 'models/ddpm_mnist_28.onnx', feeds: 16 },
  { path: 'models/yolox_nano_coco.onnx', feeds: 2 },
  { path: 'models/esrgan_rdn_x2_slim.onnx', feeds: 8 },
  { path: 'models/ultraface_rfb320.onnx', feeds: 8 },
  { path: 'models/mnist8.onnx', feeds: 16 },
  { path: 'models/magika_v3_3.onnx', feeds: 64 },
  { path: 'models/dtln_1.onnx', feeds: 16 },
  { path: 'models/dtln_2.onnx', feeds: 16 },
  { path: 'models/basic_pitch_nmp.onnx', feeds: 8 },
  { path: 'models/gtcrn_simple.onnx', feeds: 16 },
  { path: 'emoji/emoji-unet/text_encoder/model.onnx', feeds: 16 },
  { path: 'emoji/emoji-unet/unet/model.onnx', feeds: 4 },
]

/** Seeds of a model's feeds: 1, 2, … */
export function seedsOf({ feeds }: ComparedModel): readonly number[] {
  return Array.from({ length: feeds }, (_, at) => at + 1)
}
