// RNN, GRU, LSTM: x [seq, batch, input] (layout 1: [batch, seq, input]) and hidden states for one or two directions.
import type { Rule, RuleTable } from '../call.ts'
import { tensorFact } from '../fact.ts'

const recurrent: Rule = call => {
  const dtype = call.dtype(0)
  const hidden = call.int('hidden_size') ?? call.shape(2)?.at(-1) ?? null
  const directions = call.text('direction', 'forward') === 'bidirectional' ? 2 : 1
  const [first = null, second = null] = call.shape(0) ?? []
  const batchFirst = call.int('layout', 0) === 1
  const [steps, batch] = batchFirst ? [second, first] : [first, second]
  const all = batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden]
  const last = tensorFact(dtype, batchFirst ? [batch, directions, hidden] : [directions, batch, hidden])
  return [tensorFact(dtype, all), last, last]
}

export const recurrentRules: RuleTable = { RNN: recurrent, GRU: recurrent, LSTM: recurrent }
