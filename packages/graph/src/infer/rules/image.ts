// Operators over pictures: resizing, depth to space, sampling grids, boxes.
import type { Dim } from '../../ir.ts'
import type { Call, Rule, RuleTable } from '../call.ts'
import { floorDivide, multiplyDims } from '../dim.ts'
import { concreteShape, tensorFact } from '../fact.ts'
import { sameAsFirst } from './elementwise.ts'
import { lengthOf, unknownShape } from './layout.ts'

/** ⌊size · scale⌋ in float32 for numbers; for expressions only scales that are integers or 1/2, 1/4 …, which are exact. */
function scaled(size: Dim, factor: Dim): Dim {
  if (typeof factor !== 'number' || factor <= 0) return null
  if (typeof size === 'number') return Math.floor(Math.fround(size * Math.fround(factor)))
  if (Number.isInteger(factor)) return multiplyDims(size, factor)
  const inverse = 1 / factor
  return Number.isInteger(Math.log2(inverse)) ? floorDivide(size, inverse) : null
}

const resize: Rule = call => {
  const shape = call.shape(0)
  const dtype = call.dtype(0)
  if (!shape) return [tensorFact(dtype)]
  const axes = call.axes(call.ints('axes') ?? shape.map((_, at) => at), shape.length)
  if (!axes) return []
  const scales = call.opset < 11 ? call.numbers(1) : call.numbers(2)
  const sizes = call.opset < 11 ? undefined : call.elements(3)
  if (sizes && sizes.length === axes.length) return [tensorFact(dtype, resizedTo(call, shape, axes, sizes))]
  const given = scales?.length === axes.length ? scales : axes.map(() => null)
  const resized = shape.map((dim, at): Dim =>
    axes.includes(at) ? scaled(dim, given[axes.indexOf(at)] ?? null) : dim,
  )
  return [tensorFact(dtype, resized)]
}

/** Sizes as given, or the same scale for all axes so that none is larger (or smaller) than asked. */
function resizedTo(
  call: Call,
  shape: readonly Dim[],
  axes: readonly number[],
  sizes: readonly Dim[],
): readonly Dim[] {
  const policy = call.text('keep_aspect_ratio_policy', 'stretch')
  const place = (to: (axis: number, at: number) => Dim): readonly Dim[] =>
    shape.map((dim, axis) => (axes.includes(axis) ? to(axis, axes.indexOf(axis)) : dim))
  if (policy === 'stretch') return place((_, at) => sizes[at] ?? null)
  const ratios = axes.map((axis, at) => Number(sizes[at]) / Number(shape[axis]))
  const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios)
  const known =
    sizes.every(size => typeof size === 'number') && concreteShape(axes.map(axis => shape[axis] ?? null))
  if (!known || !Number.isFinite(ratio)) return place(() => null)
  return place(axis => {
    const exact = ratio * Number(shape[axis])
    const nearest = Math.round(exact)
    // Half-way cases depend on the rounding of the runtime's float arithmetic.
    return Math.abs(exact - Math.floor(exact) - 0.5) < 1e-4 ? null : nearest
  })
}

const upsample: Rule = call => {
  const attribute = call.attribute('scales')
  const scales = attribute?.type === 'floats' ? attribute.value : call.numbers(1)
  const shape = call.shape(0)
  return [
    tensorFact(
      call.dtype(0),
      shape?.map((dim, at) => scaled(dim, scales?.[at] ?? null)),
    ),
  ]
}

/** [N, C, H, W] → [N, C/b², H·b, W·b] */
const depthToSpace: Rule = call => {
  const block = call.int('blocksize', 1)
  const [n = null, c = null, h = null, w = null] = call.shape(0) ?? []
  const shape = [n, floorDivide(c, block * block), multiplyDims(h, block), multiplyDims(w, block)]
  return [tensorFact(call.dtype(0), call.shape(0) ? shape : unknownShape(4))]
}

/** [N, C, H, W] → [N, C·b², H/b, W/b] */
const spaceToDepth: Rule = call => {
  const block = call.int('blocksize', 1)
  const [n = null, c = null, h = null, w = null] = call.shape(0) ?? []
  const shape = [n, multiplyDims(c, block * block), floorDivide(h, block), floorDivide(w, block)]
  return [tensorFact(call.dtype(0), call.shape(0) ? shape : unknownShape(4))]
}

/** x [N, C, spatial…], grid [N, out…, spatial rank] → [N, C, out…] */
const gridSample: Rule = call => {
  const [x, grid] = [call.shape(0), call.shape(1)]
  const batch = x?.[0] ?? grid?.[0] ?? null
  return [tensorFact(call.dtype(0), grid && [batch, x?.[1] ?? null, ...grid.slice(1, -1)])]
}

/** theta [N, 2, 3], size [N, C, H, W] → [N, H, W, 2]; one dimension more for volumes. */
const affineGrid: Rule = call => {
  const size = call.elements(1)
  const rank = size?.length ?? lengthOf(call, 1)
  if (rank === undefined || rank < 3) return [tensorFact(call.dtype(0))]
  const spatial = size?.slice(2) ?? unknownShape(rank - 2)
  return [tensorFact(call.dtype(0), [size?.[0] ?? call.shape(0)?.[0] ?? null, ...spatial, rank - 2])]
}

const centerCropPad: Rule = call => {
  const shape = call.shape(0)
  const axes = shape && call.axes(call.ints('axes') ?? shape.map((_, at) => at), shape.length)
  const sizes = call.elements(1)
  const cut = shape?.map((dim, at): Dim => (axes?.includes(at) ? (sizes?.[axes.indexOf(at)] ?? null) : dim))
  return [tensorFact(call.dtype(0), cut)]
}

/** [selected, 3]: batch, class, box. */
const nonMaxSuppression: Rule = () => [tensorFact('int64', [null, 3])]

const imageDecoder: Rule = call => {
  const channels = call.text('pixel_format', 'RGB') === 'Grayscale' ? 1 : 3
  return [tensorFact('uint8', [null, null, channels])]
}

export const imageRules: RuleTable = {
  Resize: resize,
  Upsample: upsample,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  GridSample: gridSample,
  AffineGrid: affineGrid,
  CenterCropPad: centerCropPad,
  NonMaxSuppression: nonMaxSuppression,
  ImageDecoder: imageDecoder,
  ImageScaler: sameAsFirst,
}
