// Sizes of coded weights, for leaving alone what would grow: exact for tensors, from above for the nodes that come with them.
import { elementCount, type Weight } from '@damson/graph'
import { blockSizes, type BlockSpec } from '@damson/numerics'
import type { Int8Spec } from './int8-coding.ts'

/** Bytes of codes, scales and zero points of a block-coded weight. */
export function blockBytes(spec: BlockSpec): number {
  const { kBlocks, rowBytes, zeroRowBytes } = blockSizes(spec)
  const scaleBytes = spec.dtype === 'float16' ? 2 : 4
  return spec.N * (rowBytes + kBlocks * scaleBytes + zeroRowBytes)
}

/** Bytes of codes, scales and zero points of a weight in 8 bits. */
export function int8Bytes({ tensor }: Weight, { scaleShape, zeroShape }: Int8Spec): number {
  return elementCount(tensor.shape) + 4 * elementCount(scaleShape) + elementCount(zeroShape)
}

/**
 * At most so many bytes of a file are the nodes and initializers that come with a coded weight: `nodes` new ones for each
 * consumer, each with at most four names that are longer by a suffix than what they are named after.
 */
export function nodeBytes({ name, uses }: Weight, nodes: number): number {
  const longest = (names: readonly string[]): number => Math.max(...names.map(each => each.length))
  const initializers = 3 * (name.length + 40)
  return uses.reduce((sum, { node }) => {
    const names = longest([name, node.name, ...node.inputs, ...node.outputs])
    return sum + nodes * (80 + 4 * (names + 20))
  }, initializers)
}
