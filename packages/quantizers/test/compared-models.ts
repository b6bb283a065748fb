// Models on which quality is compared with ONNX Runtime's quantize_dynamic, and the seed of their feeds.
export const comparedSeed = 5

export const comparedModels: readonly string[] = [
  'models/use_lite.onnx',
  'models/stories260K.onnx',
  'models/ddpm_fashion_28.onnx',
  'models/ddpm_mnist_28.onnx',
  'models/yolox_nano_coco.onnx',
  'models/esrgan_rdn_x2_slim.onnx',
  'models/ultraface_rfb320.onnx',
  'models/mnist8.onnx',
  'models/magika_v3_3.onnx',
  'models/dtln_1.onnx',
  'models/dtln_2.onnx',
  'models/basic_pitch_nmp.onnx',
  'models/gtcrn_simple.onnx',
  'emoji/emoji-unet/text_encoder/model.onnx',
  'emoji/emoji-unet/unet/model.onnx',
]
