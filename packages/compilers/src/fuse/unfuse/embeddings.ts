// Embeddings with their norm taken apart.
//   y = norm(W[ids] + P[positions] (+ S[segments]), γ, β)
import { floatOf, ms, op, refuse, rule, type Rule } from '@damson/graph'

export const embeddingApart: Rule = rule(
  'unfuse-embedding',
  ['ids', 'segments?', 'words', 'places', 'kinds?', 'gamma', 'beta', 'mask?', 'positions?', 'y'],
  {
    match: ({ ids, segments, words, places, kinds, gamma, beta, mask, positions, y }) =>
      ms.EmbedLayerNormalization(ids, segments, words, places, kinds, gamma, beta, mask, positions).as(y),
    build: ({ ids, segments, words, places, kinds, gamma, beta, positions, y }) => {
      if (!positions) return refuse('counts its positions itself', y)
      const sum = op.Add(op.Gather(words, ids), op.Gather(places, positions))
      const whole = segments && kinds ? op.Add(sum, op.Gather(kinds, segments)) : sum
      return op.LayerNormalization(whole, gamma, beta, { axis: -1, epsilon: floatOf(y, 'epsilon', 1e-12) })
    },
  },
)
