// BERT's embeddings and the norm behind them:
//   y = norm(W[ids] + P[positions] (+ S[segments]), γ, β)
// The tables go into the operator, so this wants `absorb`. Its indices are int32.
import {
  mapBodies,
  type Graph,
  dataTypes,
  floatOf,
  intOf,
  ms,
  op,
  rank,
  refuse,
  rule,
  anyOf,
  type Refusal,
  type Rule,
  type Value,
} from '@damson/graph'

/** LayerNormalization(Gather + Gather (+ Gather)) ⇒ EmbedLayerNormalization. */
export const embedding: Rule = rule(
  'embedding-norm',
  ['ids', 'positions', 'segments', 'words', 'places', 'kinds', 'gamma', 'beta', 'norm'],
  {
    match: ({ ids, positions, segments, words, places, kinds, gamma, beta, norm }) => {
      const [word, place, kind] = [
        op.Gather(words, ids),
        op.Gather(places, positions),
        op.Gather(kinds, segments),
      ]
      const sum = anyOf(op.Add(op.Add(word, kind), place), op.Add(op.Add(word, place), kind))
      return op.LayerNormalization(sum, gamma, beta).as(norm)
    },
    check: ({ ids, positions, segments, words, places, kinds, norm }) => {
      const table = [words, places, kinds].find(each => each.tensor?.shape.length !== 2)
      if (table) return refuse('is not a table of constants', table)
      if (intOf(norm, 'axis', -1) !== -1 && intOf(norm, 'axis', -1) !== 2)
        return refuse('is over other axes', norm)
      return areIndices(ids, segments, positions)
    },
    build: ({ ids, positions, segments, words, places, kinds, gamma, beta, norm }) => {
      const narrow = (indices: Value): Value | ReturnType<typeof op.Cast> =>
        indices.dtype === 'int32' ? indices : op.Cast(indices, { to: dataTypes.int32.code })
      const [y] = ms
        .EmbedLayerNormalization(
          narrow(ids), narrow(segments), words, places, kinds, gamma, beta, undefined, narrow(positions),
          { epsilon: floatOf(norm, 'epsilon', 1e-5) },
        )
        .outputs(1) // prettier-ignore
      return y
    },
  },
)

/** [batch, sequence] of one shape; positions may be [1, sequence]. */
function areIndices(ids: Value, segments: Value, positions: Value): true | Refusal {
  const other = [ids, segments, positions].find(each => rank(each) !== 2)
  if (other) return refuse('is not of rank 2', other)
  const same = ids.shape?.every((dim, at) => dim !== null && dim === segments.shape?.[at])
  if (same !== true) return refuse('is not surely of the shape of the ids', segments)
  const [batch, length] = positions.shape ?? []
  const fits = (batch === 1 || batch === ids.shape?.[0]) && length !== null && length === ids.shape?.[1]
  return fits || refuse('is not surely of the shape of the ids', positions)
}

/** ONNX Runtime infers the type of the second output even where there is none, so it is there without a name. */
export function secondOutputs(graph: Graph): Graph {
  return mapBodies(graph, body => {
    const isShort = (op: string, outputs: readonly string[]): boolean =>
      op === 'EmbedLayerNormalization' && outputs.length < 2
    if (!body.nodes.some(node => isShort(node.op, node.outputs))) return body
    const nodes = body.nodes.map(node =>
      isShort(node.op, node.outputs) ? { ...node, outputs: [...node.outputs, ''] } : node,
    )
    return body.with({ nodes })
  })
}
