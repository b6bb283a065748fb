// Steps at which an operator came to mean something else, was replaced, or lost outputs.
import { refuse } from '../../error.ts'
import type { Node } from '../../ir.ts'
import { numbers } from '../../tensors/elements.ts'
import { dropAttributes, inputList, withAttribute } from './attributes-to-inputs.ts'
import type { Adapter, Place } from './step.ts'

const used = (node: Node, from: number): boolean => node.outputs.slice(from).some(name => name !== '')

/** Outputs without the absent ones at the end. */
const trimmed = (node: Node): Node => ({ ...node, outputs: inputList(...node.outputs) })

function int(node: Node, name: string, otherwise: number): number {
  const attribute = node.attributes.get(name)
  return attribute?.type === 'int' ? Number(attribute.value) : otherwise
}

function text(node: Node, name: string): string | undefined {
  const attribute = node.attributes.get(name)
  return attribute?.type === 'string' && typeof attribute.value === 'string' ? attribute.value : undefined
}

/** A node made on the way, of the same origins. */
function beside(
  node: Node,
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Node['attributes'] = new Map(),
): Node {
  const name = node.name === '' ? '' : `${node.name}/${op}`
  return { op, domain: '', name, inputs, outputs: [output], attributes, origins: node.origins }
}

/** Statistics of one image, not of the batch, are gone from 9 on. */
export const batchNormalizationSpatial: Adapter = node =>
  int(node, 'spatial', 1) === 1
    ? [dropAttributes(node, ['spatial'])]
    : refuse('BatchNormalization with spatial = 0 has no successor', node.name)

/** Five outputs of training became three with another meaning. */
export const batchNormalizationOutputs: Adapter = node =>
  used(node, 1)
    ? refuse('BatchNormalization in training mode changed its outputs', node.name)
    : [trimmed(node)]

/** The mask was of the data's type. */
export const dropoutMask: Adapter = node =>
  used(node, 1) ? refuse('the mask of Dropout became a bool at opset 10', node.name) : [trimmed(node)]

/**
 * Until 12 the input was seen as a matrix split at `axis` (1 by default) and normalized over all that follows. Where the
 * axis is the last one that is the same; else Flatten, normalize the last axis, Reshape back.
 */
export const flattenedAxis: Adapter = (node, place) => {
  if (node.attributes.get('axis')?.type === 'reference')
    return refuse(`${node.op} takes its axis from its function`, node.name)
  const axis = int(node, 'axis', 1)
  const input = node.inputs[0] ?? ''
  const rank = place.shape(input)?.length
  if (axis === -1 || (rank !== undefined && axis === rank - 1)) return [withAttribute(node, 'axis', -1)]
  const output = node.outputs[0] ?? ''
  const [shape, flat, normal] = ['shape', 'flat', 'normal'].map(hint => place.fresh(`${output}_${hint}`))
  if (shape === undefined || flat === undefined || normal === undefined) return []
  const axisAttribute = new Map([['axis', { type: 'int', value: BigInt(axis) } as const]])
  return [
    beside(node, 'Shape', [input], shape),
    beside(node, 'Flatten', [input], flat, axisAttribute),
    withAttribute({ ...node, inputs: [flat], outputs: [normal] }, 'axis', -1),
    beside(node, 'Reshape', [normal, shape], output),
  ]
}

/** Without sizes the number of outputs has to be said. */
export const splitCount: Adapter = node =>
  (node.inputs[1] ?? '') === '' && !node.attributes.has('num_outputs')
    ? [withAttribute(node, 'num_outputs', node.outputs.length)]
    : [node]

export const scatterToElements: Adapter = node => [{ ...node, op: 'ScatterElements' }]

/** Upsample only enlarges, so the nearest is always the one below. */
export const upsampleToResize: Adapter = (node, place) => {
  const resize = { ...node, op: 'Resize' }
  return [place.to >= 11 && isNearest(node) ? withAttribute(resize, 'nearest_mode', 'floor') : resize]
}

const isNearest = (node: Node): boolean => (text(node, 'mode') ?? 'nearest') === 'nearest'

/**
 * Until 10 positions scaled from the corner, the nearest being the one below when enlarging and above when reducing.
 * Source: ONNX Runtime's Upsample kernel (NearestMode::SIMPLE).
 */
export const resizeFromCorner: Adapter = (node, place) => {
  const scales = node.inputs[1] ?? ''
  const nearest = isNearest(node) && !node.attributes.has('nearest_mode')
  const tensor = place.tensor(scales)
  const known = tensor && numbers(tensor)
  if (nearest && !known)
    return refuse('Resize to the nearest needs constant scales: rounding depends on them', node.name)
  const [grows, shrinks] = [known?.some(scale => scale > 1), known?.some(scale => scale < 1)]
  if (nearest && grows && shrinks)
    return refuse('Resize enlarges one axis and reduces another: they round differently', node.name)
  // The region of interest became optional at 13.
  const roi = place.to >= 13 ? '' : place.constant(`${node.outputs[0] ?? 'Resize'}_roi`, 'float32', [0], [])
  const placed = withAttribute(node, 'coordinate_transformation_mode', 'asymmetric')
  const rounded = nearest ? withAttribute(placed, 'nearest_mode', shrinks ? 'ceil' : 'floor') : placed
  return [{ ...rounded, inputs: [node.inputs[0] ?? '', roi, scales] }]
}

/** One coordinate mode of TensorFlow's was dropped. */
export const resizeModes: Adapter = node =>
  text(node, 'coordinate_transformation_mode') === 'tf_half_pixel_for_nn'
    ? refuse('Resize in mode tf_half_pixel_for_nn has no successor', node.name)
    : [node]

/** The default moved by half a pixel. */
export const roiAlignPixels: Adapter = node => [
  withAttribute(node, 'coordinate_transformation_mode', 'output_half_pixel'),
]

const gridModes: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' }

export const gridSampleModes: Adapter = node => {
  const mode = text(node, 'mode') ?? 'bilinear'
  return [withAttribute(node, 'mode', gridModes[mode] ?? mode)]
}

/** Scale and bias were one a group and are one a channel: [G] → [G, C/G] → [C]. */
export const groupToChannelScale: Adapter = (node, place) => {
  const groups = int(node, 'num_groups', 0)
  const channels = place.shape(node.inputs[0] ?? '')?.[1]
  if (typeof channels !== 'number' || groups < 1 || channels % groups !== 0)
    return refuse('GroupNormalization of an unknown number of channels', node.name)
  const repeat = (
    input: string,
    hint: string,
  ): { readonly nodes: readonly Node[]; readonly output: string } => {
    const at = (step: string): string => `${node.outputs[0] ?? 'GroupNormalization'}_${hint}_${step}`
    const column = place.constant(at('column'), 'int64', [2], [BigInt(groups), 1n])
    const wide = place.constant(at('wide'), 'int64', [2], [BigInt(groups), BigInt(channels / groups)])
    const flat = place.constant(at('flat'), 'int64', [1], [BigInt(channels)])
    const [tall, spread, output] = [
      place.fresh(at('tall')),
      place.fresh(at('spread')),
      place.fresh(at('channels')),
    ]
    const nodes = [
      beside(node, 'Reshape', [input, column], tall),
      beside(node, 'Expand', [tall, wide], spread),
      beside(node, 'Reshape', [spread, flat], output),
    ]
    return { nodes, output }
  }
  const [scale, bias] = [repeat(node.inputs[1] ?? '', 'scale'), repeat(node.inputs[2] ?? '', 'bias')]
  const inputs = [node.inputs[0] ?? '', scale.output, bias.output]
  return [...scale.nodes, ...bias.nodes, { ...node, inputs }]
}

/** What has no successor at all. */
export const withoutSuccessor =
  (why: string): Adapter =>
  (node: Node, _place: Place) =>
    refuse(why, node.name)
