// Parameters of a part: numbers that were learnt, however they are coded. What stands beside codes (scales, zero points) is
// not counted, and neither are the integers that shape computations.
import { facts, type Part } from '@damson/core'
import { intOf, weights, type Weight } from '@damson/graph'

/** Number of parameters of a part. */
export function parameterCount(part: Part): number {
  return weights(part.graph).reduce((sum, weight) => sum + (isLearnt(weight, part) ? countOf(weight) : 0), 0)
}

/** Stored as floats or as codes; scalars are constants of the computation. */
function isLearnt(weight: Weight, part: Part): boolean {
  const holds = (fact: 'weight:float' | 'weight:coded'): boolean =>
    facts[fact].probe?.({ weight }, part) === true
  return (
    weight.uses.length > 0 &&
    weight.tensor.shape.length > 0 &&
    (holds('weight:float') || holds('weight:coded'))
  )
}

/** Packed codes count as what they unpack to. */
function countOf({ tensor, uses }: Weight): number {
  const count = tensor.shape.reduce((a, b) => a * b, 1)
  const node = uses[0]?.node
  if (node?.op === 'MatMulNBits') return intOf(node, 'K', 0) * intOf(node, 'N', 0)
  return node?.op === 'GatherBlockQuantized' ? (count * 8) / intOf(node, 'bits', 4) : count
}
