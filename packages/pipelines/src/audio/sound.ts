// Sound as plain numbers, and from WAV files through @audio/decode-wav.
import { DamsonError } from '@damson/graph'
import decode from '@audio/decode-wav'

export interface Sound {
  /** Samples a second. */
  readonly rate: number
  /** One channel, in −1…1. */
  readonly samples: Float32Array
}

/** The sound of a WAV file; several channels become their mean. Throws `sound` for other files. */
export function readWav(bytes: Uint8Array): Sound {
  const { channelData, sampleRate } = decoded(bytes)
  const [first] = channelData
  if (!first) throw new DamsonError('sound', 'Expected a WAV file with a channel of sound, got none.')
  const samples = first.map(
    (_, i) => channelData.reduce((sum, channel) => sum + (channel[i] ?? 0), 0) / channelData.length,
  )
  return { rate: sampleRate, samples }
}

function decoded(bytes: Uint8Array): ReturnType<typeof decode> {
  try {
    return decode(bytes)
  } catch (cause) {
    throw new DamsonError('sound', 'Expected the bytes of a WAV file, got something else.', { cause })
  }
}
