// 8-bit coding of a tensor that is in memory already, as ONNX Runtime's quantize_dynamic codes weights.
import { NumericsError, requireLength } from './error.ts'
import { createKernel, type Kernel } from './kernel.ts'
import { linearParameters, type LinearFormat } from './linear-rule.ts'
import type { LinearSpec, Ranges } from './linear-stream.ts'

export interface CodedLinear {
  /** As many as the weight has elements; two's complement for int8. */
  readonly codes: Uint8Array<ArrayBuffer>
  /** [channels] */
  readonly scales: Float32Array<ArrayBuffer>
  /** [channels] */
  readonly zeroPoints: Int32Array<ArrayBuffer>
}

/** Scales and zero points of channels with these ranges. A channel without a finite value gets scale 1. */
export function linearScales(
  ranges: Omit<Ranges, 'nonFinite'>,
  format: LinearFormat,
): Omit<CodedLinear, 'codes'> {
  const scales = new Float32Array(ranges.min.length)
  const zeroPoints = new Int32Array(ranges.min.length)
  ranges.min.forEach((min, i) => {
    const parameters = linearParameters(min, ranges.max[i] ?? 0, format)
    scales[i] = parameters.scale
    zeroPoints[i] = parameters.zeroPoint
  })
  return { scales, zeroPoints }
}

/** The codes that a type holds; codes are cut to these, not to the (narrower) range that scales are made for. */
export function linearTypeRange(type: LinearFormat['type']): { readonly low: number; readonly high: number } {
  return type === 'int8' ? { low: -128, high: 127 } : { low: 0, high: 255 }
}

/** Codes a whole tensor, raw 16-bit codes for 16-bit dtypes. Throws `numerics/non-finite` for NaN and infinities. */
export function quantizeLinear(
  weight: Float32Array | Uint16Array,
  spec: LinearSpec,
  format: LinearFormat,
  kernel: Kernel = createKernel(),
): CodedLinear {
  const bytes = new Uint8Array(weight.buffer, weight.byteOffset, weight.byteLength)
  const range = kernel.range(spec)
  const { shape, sourceRowBytes } = range
  requireLength('weight bytes', bytes, shape.rows * sourceRowBytes)
  fill(bytes, range, rows => range.push(rows))
  const ranges = range.result()
  if (ranges.nonFinite > 0) {
    throw new NumericsError(
      'numerics/non-finite',
      `weight: expected finite values, got ${ranges.nonFinite} that are NaN or infinite: leave it uncoded`,
    )
  }
  const parameters = linearScales(ranges, format)
  const stream = kernel.linear(spec, { ...parameters, ...linearTypeRange(format.type) })
  const codes = new Uint8Array(shape.rows * shape.columns)
  fill(bytes, stream, rows => {
    const done = stream.push(rows)
    codes.set(done.codes, done.from * shape.columns)
  })
  return { codes, ...parameters }
}

function fill(
  bytes: Uint8Array,
  { band, bandRows, sourceRowBytes, shape }: ReturnType<Kernel['range']> | ReturnType<Kernel['linear']>,
  push: (rows: number) => void,
): void {
  for (let row = 0; row < shape.rows; row += bandRows) {
    const rows = Math.min(bandRows, shape.rows - row)
    band.set(bytes.subarray(row * sourceRowBytes, (row + rows) * sourceRowBytes))
    push(rows)
  }
}
