// Fourier transforms. A complex number is a last dimension of 2, a real one of 1.
import type { Dim } from '../../ir.ts'
import type { Rule, RuleTable } from '../call.ts'
import { addDims, floorDivide, subtractDims } from '../dim.ts'
import { tensorFact } from '../fact.ts'

const onesided = (length: Dim): Dim => addDims(floorDivide(length, 2), 1)

const dft: Rule = call => {
  const shape = call.shape(0)
  if (!shape) return [tensorFact(call.dtype(0))]
  const wanted = call.opset >= 20 ? (call.has(2) ? call.scalar(2) : -2) : call.int('axis', 1)
  const axis = typeof wanted === 'number' ? call.axis(wanted, shape.length) : undefined
  if (axis === undefined)
    return [
      tensorFact(
        call.dtype(0),
        shape.map(() => null),
      ),
    ]
  const length = call.has(1) ? (call.scalar(1) ?? null) : (shape[axis] ?? null)
  const half = call.int('onesided', 0) === 1
  const inverse = call.int('inverse', 0) === 1
  const bins = half && !inverse ? onesided(length) : half && !call.has(1) ? null : length
  return [tensorFact(call.dtype(0), shape.with(axis, bins).with(-1, half && inverse ? 1 : 2))]
}

/** signal [batch, n, 1 or 2] → [batch, ⌊(n - frame) / step⌋ + 1, bins, 2] */
const stft: Rule = call => {
  const signal = call.shape(0)
  const step = call.scalar(1)
  const window = call.has(2) ? (call.shape(2)?.[0] ?? null) : null
  const frame = (call.has(3) ? call.scalar(3) : undefined) ?? window
  const room = subtractDims(signal?.[1] ?? null, frame)
  const frames = typeof step === 'number' ? addDims(floorDivide(room, step), 1) : null
  const bins = call.int('onesided', 1) === 1 ? onesided(frame) : frame
  return [tensorFact(call.dtype(0), [signal?.[0] ?? null, frames, bins, 2])]
}

export const signalRules: RuleTable = { DFT: dft, STFT: stft }
