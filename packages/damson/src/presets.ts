// Names for usual recipes. Those of transformers.js' dtypes write that variant of a transformers.js folder.

export interface Preset {
  readonly summary: string
  /** Steps as on the command line. */
  readonly steps: readonly string[]
  /** The variant of a transformers.js folder that it writes. */
  readonly variant?: string
}

/** The presets by name. */
export const presets: Readonly<Record<string, Preset>> = {
  q4: {
    summary: 'Matrices in 4 bits, symmetric blocks of 32: what transformers.js calls q4.',
    steps: ['weight-only:bits=4,blockSize=32,symmetric=true,embeddings=false,accuracyLevel=0'],
    variant: 'q4',
  },
  int8: {
    summary:
      'Matrices and embeddings in int8, activations quantized while running: what transformers.js calls int8.',
    steps: ['dynamic-int8:weights=int8'],
    variant: 'int8',
  },
  uint8: {
    summary: 'The same with uint8 weights: what transformers.js calls uint8.',
    steps: ['dynamic-int8:weights=uint8'],
    variant: 'uint8',
  },
}
