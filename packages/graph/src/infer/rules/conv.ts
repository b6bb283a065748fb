// Convolutions and pooling: channels first, a window sliding over the spatial dimensions.
import type { DataType } from '../../dtype.ts'
import type { Dim } from '../../ir.ts'
import type { Call, Rule, RuleTable } from '../call.ts'
import { addDims, ceilDivide, floorDivide, multiplyDims, subtractDims } from '../dim.ts'
import { concreteShape, tensorFact } from '../fact.ts'
import { unknownShape } from './layout.ts'

interface Window {
  readonly kernel: readonly Dim[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly pads: readonly number[]
  readonly autoPad: string
}

/** Window attributes with ONNX's defaults; undefined when their lengths do not fit the spatial rank. */
function windowOf(call: Call, kernel: readonly Dim[]): Window | undefined {
  const rank = kernel.length
  const window: Window = {
    kernel,
    strides: call.ints('strides') ?? kernel.map(() => 1),
    dilations: call.ints('dilations') ?? kernel.map(() => 1),
    pads: call.ints('pads') ?? [...kernel, ...kernel].map(() => 0),
    autoPad: call.text('auto_pad', 'NOTSET'),
  }
  const { strides, dilations, pads } = window
  const fits = strides.length === rank && dilations.length === rank && pads.length === 2 * rank
  if (fits && strides.every(stride => stride > 0)) return window
  call.report(`strides, dilations or pads do not fit ${rank} spatial dimensions`)
  return undefined
}

/** ⌊(n + pads - dilation·(k - 1) - 1) / stride⌋ + 1, or what auto_pad asks for. */
function slideLength(size: Dim, at: number, window: Window, ceil: boolean): Dim {
  const { kernel, strides, dilations, pads, autoPad } = window
  const stride = strides[at] ?? 1
  if (autoPad.startsWith('SAME')) return ceilDivide(size, stride)
  const reach = multiplyDims(subtractDims(kernel[at] ?? null, 1), dilations[at] ?? 1)
  const before = pads[at] ?? 0
  const padding = autoPad === 'VALID' ? 0 : before + (pads[at + kernel.length] ?? 0)
  const room = subtractDims(subtractDims(addDims(size, padding), reach), 1)
  if (!ceil) return addDims(floorDivide(room, stride), 1)
  const length = addDims(ceilDivide(room, stride), 1)
  // A window that would start in the padding behind the input is dropped, which only numbers can decide.
  if (typeof length !== 'number' || typeof size !== 'number') return null
  return (length - 1) * stride >= size + before ? length - 1 : length
}

function slide(call: Call, kernel: readonly Dim[], input: readonly Dim[], ceil = false): readonly Dim[] {
  const spatial = input.slice(2)
  if (spatial.length !== kernel.length) {
    call.report(`a window of ${kernel.length} dimensions over ${spatial.length}`)
    return unknownShape(spatial.length)
  }
  const window = windowOf(call, kernel)
  return window
    ? spatial.map((size, at) => slideLength(size, at, window, ceil))
    : unknownShape(spatial.length)
}

/** x [N, C, …], weight [M, C/group, k…] → [N, M, …] */
function convShape(call: Call, x: number, w: number): readonly Dim[] | undefined {
  const [input, weight] = [call.shape(x), call.shape(w)]
  if (!input) return weight && [null, weight[0] ?? null, ...unknownShape(weight.length - 2)]
  const kernel = weight?.slice(2) ?? call.ints('kernel_shape')
  if (input.length < 3 || !kernel) return unknownShape(input.length)
  return [input[0] ?? null, weight?.[0] ?? null, ...slide(call, kernel, input)]
}

const conv =
  (dtype?: DataType): Rule =>
  call => [tensorFact(dtype ?? call.dtype(0), convShape(call, 0, 1))]

const qlinearConv: Rule = call => [tensorFact(call.dtype(7), convShape(call, 0, 3))]

/** x [N, C, …], weight [C, M/group, k…]; size = stride·(n - 1) + output_padding + dilation·(k - 1) + 1 - pads. */
const convTranspose: Rule = call => {
  const [input, weight] = [call.shape(0), call.shape(1)]
  if (!input || input.length < 3) return [tensorFact(call.dtype(0))]
  const spatial = input.slice(2)
  const channels = weight ? multiplyDims(weight[1] ?? null, call.int('group', 1)) : null
  const kernel = weight?.slice(2) ?? call.ints('kernel_shape')
  const shape = (sizes: readonly Dim[]): readonly Dim[] => [input[0] ?? null, channels, ...sizes]
  const given = call.ints('output_shape')
  if (given) return [tensorFact(call.dtype(0), shape(given.slice(-spatial.length)))]
  const window = kernel?.length === spatial.length ? windowOf(call, kernel) : undefined
  if (!window) return [tensorFact(call.dtype(0), shape(unknownShape(spatial.length)))]
  const extra = call.ints('output_padding') ?? []
  return [
    tensorFact(call.dtype(0), shape(spatial.map((n, at) => spreadLength(n, at, window, extra[at] ?? 0)))),
  ]
}

function spreadLength(size: Dim, at: number, window: Window, extra: number): Dim {
  const { kernel, strides, dilations, pads, autoPad } = window
  const stride = strides[at] ?? 1
  if (autoPad.startsWith('SAME')) return multiplyDims(size, stride)
  const reach = addDims(multiplyDims(subtractDims(kernel[at] ?? null, 1), dilations[at] ?? 1), 1)
  const padding = autoPad === 'VALID' ? 0 : (pads[at] ?? 0) + (pads[at + kernel.length] ?? 0)
  const spread = multiplyDims(subtractDims(size, 1), stride)
  return subtractDims(addDims(addDims(spread, reach), extra), padding)
}

const pool: Rule = call => {
  const input = call.shape(0)
  const kernel = call.ints('kernel_shape')
  if (!input || input.length < 3 || !kernel) return [tensorFact(call.dtype(0)), tensorFact('int64')]
  const shape = [...input.slice(0, 2), ...slide(call, kernel, input, call.int('ceil_mode', 0) !== 0)]
  return [tensorFact(call.dtype(0), shape), tensorFact('int64', shape)]
}

/** The inverse of MaxPool's formula, unless the sizes are given as third input. */
const maxUnpool: Rule = call => {
  const input = call.shape(0)
  const kernel = call.ints('kernel_shape')
  if (call.has(2))
    return [tensorFact(call.dtype(0), call.elements(2) ?? (input && unknownShape(input.length)))]
  const window = kernel && input?.length === kernel.length + 2 ? windowOf(call, kernel) : undefined
  if (!window || !input) return [tensorFact(call.dtype(0))]
  const sizes = input.slice(2).map((n, at) => spreadLength(n, at, window, 0))
  return [tensorFact(call.dtype(0), [...input.slice(0, 2), ...sizes])]
}

/** x, rois [n, 4 or 5] → [n, C, height, width] */
const roiAlign: Rule = call => [
  tensorFact(call.dtype(0), [
    call.shape(1)?.[0] ?? null,
    call.shape(0)?.[1] ?? null,
    call.int('output_height', 1),
    call.int('output_width', 1),
  ]),
]

const maxRoiPool: Rule = call => [
  tensorFact(call.dtype(0), [
    call.shape(1)?.[0] ?? null,
    call.shape(0)?.[1] ?? null,
    ...(call.ints('pooled_shape') ?? [null, null]),
  ]),
]

/** [N, C·∏block, L] → [N, C, image…] */
const col2Im: Rule = call => {
  const shape = call.shape(0)
  const block = concreteShape(call.elements(2))
  const channels =
    block && shape
      ? floorDivide(
          shape[1] ?? null,
          block.reduce((a, b) => a * b, 1),
        )
      : null
  const image = call.elements(1)
  return [tensorFact(call.dtype(0), image && [shape?.[0] ?? null, channels, ...image])]
}

export const convRules: RuleTable = {
  Conv: conv(),
  ConvInteger: conv('int32'),
  QLinearConv: qlinearConv,
  ConvTranspose: convTranspose,
  DeformConv: conv(),
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  MaxUnpool: maxUnpool,
  RoiAlign: roiAlign,
  MaxRoiPool: maxRoiPool,
  Col2Im: col2Im,
}
