// Planes of codes in the place of a weight that no operator reads as codes, with the plain operators that decode them once, when
// a session is made:   q = low + 2^b · high,   w = (q − z) · s
import type { Draft, Weight } from '@damson/graph'
import { float16, float32, startDecoding, unpacked, type Builder } from './block-decoding.ts'
import { int, ints } from './int-attributes.ts'
import { widthsOf, type PlaneCodes, type PlaneSpec } from './plane-coding.ts'
import type { Replacement } from './replace-weights.ts'

/** The planes in the place of a weight whose consumers all read it as a whole. */
export function replacePlanes(weight: Weight, spec: PlaneSpec, codes: PlaneCodes): Replacement {
  const suffix = `Q${spec.bits}`
  return {
    weight,
    tensors: { [suffix]: codes.low, high: codes.high, scales: codes.scales, zero_points: codes.zeroPoints },
    aside: ['high'],
    emit: () => {},
    decode: (draft, name) =>
      emitPlanes(draft, weight, spec, {
        low: name(suffix),
        high: name('high'),
        scales: name('scales'),
        zeroPoints: name('zero_points'),
      }),
  }
}

/** At most so many bytes of a file are the nodes and constants that decode a weight. */
export function planeNodeBytes({ name, tensor }: Weight): number {
  return 2600 + 8 * tensor.shape.length + 5 * name.length
}

interface Names {
  readonly low: string
  /** `''` for widths of one plane. */
  readonly high: string
  readonly scales: string
  /** `''` for symmetric codes. */
  readonly zeroPoints: string
}

function emitPlanes(draft: Draft, weight: Weight, spec: PlaneSpec, names: Names): void {
  const { K, N, layout, bits, blockSize, symmetric } = spec
  const build = startDecoding(draft)
  const { low, high } = widthsOf(bits)
  const lower = flat(build, unpacked(build, names.low, low), K * N, low)
  const upper = high === 0 ? '' : flat(build, unpacked(build, names.high, high), K * N, high)
  const raised = upper === '' ? '' : build.add('Mul', [upper, build.number('raise', 2 ** low)])
  const codes = build.reshape(upper === '' ? lower : build.add('Add', [lower, raised]), [-1, blockSize])
  const middle = (): string => build.number('middle', 2 ** (bits - 1))
  const zeros = symmetric ? middle() : build.reshape(build.cast(names.zeroPoints, float32), [-1, 1])
  const scales = build.reshape(build.cast(names.scales, float32), [-1, 1])
  const value = build.add('Mul', [build.add('Sub', [codes, zeros]), scales])
  const turned =
    layout === 'KN' ? build.add('Transpose', [build.reshape(value, [N, K])], { perm: ints([1, 0]) }) : value
  const shaped = build.reshape(turned, weight.tensor.shape)
  const last = weight.tensor.dtype === 'float16' ? build.add('Cast', [shaped], { to: int(float16) }) : shaped
  const producer = draft.producer(last)
  if (producer) draft.replace(producer, { outputs: [weight.name] })
}

/** Numbers of bytes as one row, without what fills the last byte. */
function flat(build: Builder, numbers: string, count: number, bits: number): string {
  const row = build.reshape(numbers, [1, -1])
  return (count * bits) % 8 === 0 ? row : build.columns(row, count)
}
