// Scales and zero points of activations, by ONNX Runtime's rule: 0 is always a code.
//   s = (max − min) / (q_max − q_min),   z = round(q_min − min / s)
import { tensorOf, type Tensor } from '@damson/graph'
import type { Range } from './activation-range.ts'

export type ActivationType = 'int8' | 'uint8' | 'uint16'

const codeRanges = { int8: [-128, 127], uint8: [0, 255], uint16: [0, 65535] } as const

export interface Coding {
  readonly type: ActivationType
  readonly scale: number
  readonly zeroPoint: number
}

/** How many codes a type has. */
export function levelsOf(type: ActivationType): number {
  const [low, high] = codeRanges[type]
  return high - low + 1
}

/** The coding of a range. One that is too small for a float32 scale gets scale 1. */
export function codingOf(type: ActivationType, { min, max }: Range): Coding {
  const [low, high] = codeRanges[type]
  const [bottom, top] = [Math.min(min, 0), Math.max(max, 0)]
  const scale = Math.fround((top - bottom) / (high - low))
  if (scale < 2 ** -126) return { type, scale: 1, zeroPoint: low === 0 ? 0 : low }
  return { type, scale, zeroPoint: Math.min(high, Math.max(low, halfEven(low - bottom / scale))) }
}

export function scaleTensor({ scale }: Coding): Tensor {
  return tensorOf('float32', [], [scale])
}
export function zeroPointTensor({ type, zeroPoint }: Coding): Tensor {
  return tensorOf(type, [], [zeroPoint])
}

/** To the nearest, of two the even one, as numpy rounds. */
export function halfEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below
}
