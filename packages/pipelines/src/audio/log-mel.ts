// What Whisper hears (Radford et al. 2022, arXiv 2212.04356): the logarithm of the power in bands of the mel scale, of frames of
// 25 ms every 10 ms, from the loudest eight decades.
import { floatTensor, type FloatTensor } from '../tensors.ts'
import { fourier } from './fourier.ts'

/** Of 16,000 samples a second. */
export const whisperRate = 16_000
const frameLength = 400
export const hopLength = 160

/** Features [1, bands, frames] of samples in −1…1; what is beyond the frames is cut off, what is missing is silence. */
export function logMel(samples: Float32Array, bands: number, frames: number): FloatTensor {
  const window = Float64Array.from(
    { length: frameLength },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / frameLength),
  )
  const total = frames * hopLength
  // Mirrored at both ends, without repeating the last sample.
  const sample = (i: number): number => {
    const inside = i < 0 ? -i : i >= total ? 2 * (total - 1) - i : i
    return inside < samples.length ? (samples[inside] ?? 0) : 0
  }
  const filters = melFilters(bands)
  const transform = fourier(frameLength)
  const values = new Float32Array(bands * frames).fill(floor)
  const frame = new Float64Array(frameLength)
  for (let t = 0; t < frames; t++) {
    const from = t * hopLength - frameLength / 2
    for (let i = 0; i < frameLength; i++) frame[i] = sample(from + i) * (window[i] ?? 0)
    if (frame.every(value => value === 0)) continue
    const power = transform.power(frame)
    for (const [band, filter] of filters.entries()) values[band * frames + t] = levelOf(filter, power)
  }
  const loudest = values.reduce((most, value) => Math.max(most, value), -Infinity)
  return floatTensor(
    [1, bands, frames],
    values.map(value => (Math.max(value, loudest - 8) + 4) / 4),
  )
}

/** log10 of the least power that counts. */
const floor = -10

interface Filter {
  readonly from: number
  readonly weights: readonly number[]
}

function levelOf({ from, weights }: Filter, power: Float64Array): number {
  const sum = weights.reduce((total, weight, i) => total + weight * (power[from + i] ?? 0), 0)
  return Math.max(floor, Math.log10(sum))
}

/** Triangles over the bins of the spectrum, of area 1 in Hz, their corners evenly spaced in mel (Slaney's Auditory Toolbox). */
function melFilters(bands: number): readonly Filter[] {
  const top = melOf(whisperRate / 2)
  const corners = Array.from({ length: bands + 2 }, (_, i) => hertzOf((top * i) / (bands + 1)))
  return Array.from({ length: bands }, (_, band): Filter => {
    const [low = 0, middle = 0, high = 0] = corners.slice(band)
    const weights = Array.from({ length: frameLength / 2 + 1 }, (_bin, i) => {
      const hertz = (i * whisperRate) / frameLength
      const share = Math.max(0, Math.min((hertz - low) / (middle - low), (high - hertz) / (high - middle)))
      return (share * 2) / (high - low)
    })
    const from = Math.max(
      0,
      weights.findIndex(weight => weight > 0),
    )
    return { from, weights: weights.slice(from, weights.findLastIndex(weight => weight > 0) + 1) }
  })
}

/** Linear up to 1000 Hz, logarithmic above. */
const logStep = Math.log(6.4) / 27
const melOf = (hertz: number): number =>
  hertz < 1000 ? (hertz * 3) / 200 : 15 + Math.log(hertz / 1000) / logStep
const hertzOf = (mel: number): number => (mel < 15 ? (mel * 200) / 3 : 1000 * Math.exp((mel - 15) * logStep))
