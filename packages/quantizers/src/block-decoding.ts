// Codes that plain operators decode. Nothing but constants goes in, so ONNX Runtime does it once, when a session is made: the
// model runs as fast as before, where DequantizeLinear, which is never folded, would decode in every run.
//   q = ⌊byte · 2^(-b·j)⌋ mod 2^b,   w = (q − z) · s       for code j of a byte, with b bits
import { memoryTensor, tensorOf, type Attribute, type Draft, type Tensor, type Weight } from '@damson/graph'
import { blockSizes, type BlockSpec, type CodeBits } from '@damson/numerics'
import type { CodedNames } from './block-operators.ts'
import { int, ints } from './int-attributes.ts'

export const float32 = 1
export const float16 = 10

/** Makes the value of a weight from its codes, under its own name, for consumers that stay as they are. */
export function emitDecoding(
  draft: Draft,
  weight: Weight,
  names: CodedNames,
  spec: BlockSpec,
  floatZeroPoints = false,
): void {
  const { K, N, blockSize, layout } = spec
  const { kBlocks } = blockSizes(spec)
  const build = startDecoding(draft)
  const blocks = build.reshape(unpacked(build, names.codes, spec.bits), [-1, blockSize]) // [N * kBlocks, blockSize]
  const floats = (name: string): string => (spec.dtype === 'float16' ? build.cast(name, float32) : name)
  const zeros = floatZeroPoints
    ? build.reshape(floats(names.zeroPoints), [-1, 1])
    : zeroPoints(build, names.zeroPoints, spec)
  const shifted = build.add('Sub', [blocks, zeros])
  const scales = floats(names.scales)
  let value = build.add('Mul', [shifted, build.reshape(scales, [-1, 1])])
  if (kBlocks * blockSize !== K) value = build.columns(build.reshape(value, [N, -1]), K)
  const turned =
    layout === 'KN' ? build.add('Transpose', [build.reshape(value, [N, K])], { perm: ints([1, 0]) }) : value
  const shaped = build.reshape(turned, weight.tensor.shape)
  const last = spec.dtype === 'float16' ? build.cast(shaped, float16) : shaped
  const producer = draft.producer(last)
  if (producer) draft.replace(producer, { outputs: [weight.name] })
}

/** At most so many bytes of a file are the nodes and constants that decode a weight. */
export function decodingBytes({ name, tensor }: Weight): number {
  return 2200 + 8 * tensor.shape.length + 4 * name.length
}

/** Packed codes [..., bytes] as numbers, one row for each byte. */
export function unpacked(build: Builder, codes: string, bits: CodeBits): string {
  const bytes = build.cast(codes, float32)
  if (bits === 8) return bytes
  const powers = Array.from({ length: 8 / bits }, (_, at) => 2 ** (-bits * at))
  const shifted = build.add('Mul', [
    build.reshape(bytes, [-1, 1]),
    build.constant('powers', tensorOf('float32', [8 / bits], powers)),
  ])
  const modulus = build.number('modulus', 2 ** bits)
  return build.add('Mod', [build.add('Floor', [shifted]), modulus], { fmod: int(1) })
}

/** Zero points as [N * kBlocks, 1], or the one that symmetric codes have. */
function zeroPoints(build: Builder, packed: string, spec: BlockSpec): string {
  const { bits, N } = spec
  if (packed === '') return build.number('middle', 2 ** (bits - 1))
  const { kBlocks, zeroRowBytes } = blockSizes(spec)
  const numbers = unpacked(build, packed, bits)
  const padded = zeroRowBytes * (8 / bits) !== kBlocks
  return build.reshape(padded ? build.columns(build.reshape(numbers, [N, -1]), kBlocks) : numbers, [-1, 1])
}

/** What decoding is built with. */
export interface Builder {
  add(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string
  constant(hint: string, tensor: Tensor): string
  /** A float32 scalar. */
  number(hint: string, value: number): string
  cast(value: string, to: number): string
  reshape(value: string, shape: readonly number[]): string
  /** The first `count` columns of a matrix. */
  columns(value: string, count: number): string
}

/** Nodes with short names; equal constants are one. */
export function startDecoding(draft: Draft): Builder {
  const constant: Builder['constant'] = (hint, tensor) => {
    // What is an input too may be fed, and is never folded.
    const fed = new Set(draft.inputs.map(({ name }) => name))
    for (const [name, known] of draft.initializers)
      if (known.tensor.key === tensor.key && !fed.has(name)) return name
    return draft.addInitializer(hint, tensor)
  }
  const list = (values: readonly number[]): string =>
    constant('sizes', memoryTensor('int64', [values.length], BigInt64Array.from(values, BigInt)))
  const add: Builder['add'] = (op, inputs, attributes = {}) => {
    const outputs = [draft.fresh('decoded')]
    return (
      draft.add({ op, inputs, outputs, attributes: new Map(Object.entries(attributes)) }).outputs[0] ?? ''
    )
  }
  return {
    add,
    constant,
    number: (hint, value) => constant(hint, tensorOf('float32', [], [value])),
    cast: (value, to) => add('Cast', [value], { to: int(to) }),
    reshape: (value, shape) => add('Reshape', [value, list(shape)]),
    columns: (value, count) => add('Slice', [value, list([0]), list([count]), list([1])]),
  }
}
