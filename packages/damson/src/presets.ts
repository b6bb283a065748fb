// Names for usual recipes. Those of transformers.js' dtypes write that variant of a transformers.js folder.

export interface Preset {
  readonly summary: string
  /** Steps as on the command line. */
  readonly steps: readonly string[]
  /** Steps for what those leave; not an error when they leave nothing. */
  readonly rest?: readonly string[]
  /** The variant of a transformers.js folder that it writes. */
  readonly variant?: string
}

/** The presets by name. */
export const presets: Readonly<Record<string, Preset>> = {
  fp32: { summary: 'The model as it is.', steps: [], variant: 'fp32' },
  fp16: {
    summary: 'Weights and arithmetic in 16 bits where they fit; inputs and outputs stay as they are.',
    steps: ['half:compute=half'],
    variant: 'fp16',
  },
  q8: {
    summary:
      'Matrices and embeddings in 8 bits, activations quantized while running: what transformers.js calls q8.',
    steps: ['dynamic-int8'],
    variant: 'q8',
  },
  int8: {
    summary: 'The same with int8 weights, whose products are right on x86 without VNNI too.',
    steps: ['dynamic-int8:weights=int8'],
    variant: 'int8',
  },
  uint8: { summary: 'The same with uint8 weights.', steps: ['dynamic-int8:weights=uint8'], variant: 'uint8' },
  q4: {
    summary: 'Matrices in 4 bits, symmetric blocks of 32: what transformers.js calls q4.',
    steps: [
      'weight-only:bits=4,blockSize=32,symmetric=true,rounding=nearest,embeddings=false,accuracyLevel=0',
    ],
    variant: 'q4',
  },
  q4f16: {
    summary: 'The same, with 16 bits for scales and for everything else.',
    steps: [
      'weight-only:bits=4,blockSize=32,symmetric=true,rounding=nearest,embeddings=false,accuracyLevel=0',
      'half:compute=half',
    ],
    variant: 'q4f16',
  },
  bnb4: {
    summary:
      'Matrices in the 4-bit normal floats of bitsandbytes, blocks of 64: what transformers.js calls bnb4.',
    steps: ['bnb4:type=nf4,blockSize=64'],
    variant: 'bnb4',
  },
  q2: {
    summary: 'Matrices in 2 bits, blocks of 32; embeddings in 4.',
    steps: ['weight-only:bits=2,blockSize=32,embeddings=false'],
    rest: ['weight-only:bits=4,blockSize=32@rest'],
    variant: 'q2',
  },
  q2f16: {
    summary: 'The same, with 16 bits for scales and for everything else.',
    steps: ['weight-only:bits=2,blockSize=32,embeddings=false', 'half:compute=half'],
    rest: ['weight-only:bits=4,blockSize=32@rest'],
    variant: 'q2f16',
  },
  // As the files of models that were trained so (Bonsai, onnx-community): signs, a scale for every 128, embeddings too.
  q1: {
    summary:
      'Matrices and embeddings in 1 bit, blocks of 128: for models that were trained with two values a weight. Any other is destroyed.',
    steps: ['binary'],
    variant: 'q1',
  },
  q1f16: {
    summary: 'The same, with 16 bits for scales and for everything else.',
    steps: ['binary', 'half:compute=half'],
    variant: 'q1f16',
  },
}
