// Normalizations: the output is shaped as the input; some also return the statistics they took.
import { dataTypeOfCode } from '../../dtype.ts'
import type { Rule, RuleTable } from '../call.ts'
import { tensorFact, type Fact } from '../fact.ts'
import { sameAsFirst } from './elementwise.ts'

/** Running statistics [C] follow in training mode (five outputs before opset 14). */
const batchNormalization: Rule = call => {
  const channels = call.shape(0)?.[1]
  const vector = call.shape(1) ?? (channels === undefined ? undefined : [channels])
  const statistics = (at: number): Fact => tensorFact(call.dtype(at) ?? call.dtype(0), vector)
  return [
    tensorFact(call.dtype(0), call.shape(0)),
    statistics(3),
    statistics(4),
    statistics(3),
    statistics(4),
  ]
}

/** Mean and inverse deviation have size 1 from the axis on, in the type that `stash_type` names (float32). */
const layerNormalization: Rule = call => {
  const shape = call.shape(0)
  const axis = shape && call.axis(call.int('axis', -1), shape.length)
  const kept = axis === undefined ? undefined : shape?.map((dim, at) => (at < axis ? dim : 1))
  const stash = tensorFact(dataTypeOfCode(call.int('stash_type', 1)), kept)
  return [tensorFact(call.dtype(0), shape), stash, stash]
}

const rmsNormalization: Rule = call => {
  const [first, , deviation] = layerNormalization(call)
  return [tensorFact(call.dtype(1) ?? call.dtype(0), call.shape(0)), deviation ?? first ?? {}]
}

export const normalizationRules: RuleTable = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: sameAsFirst,
  GroupNormalization: sameAsFirst,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  SimplifiedLayerNormalization: rmsNormalization,
}
