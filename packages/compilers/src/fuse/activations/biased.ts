// Activations that add a bias themselves.
//   BiasGelu(x, b) = gelu(x + b),   FastGelu(x, b) = gelu by tanh of x + b        b [H], as wide as the last axis
import { anyOf, ms, op, rank, refuse, rule, type Refusal, type Rule, type Value } from '@damson/graph'
import { isServed } from './served.ts'

/** Gelu(x + b) ⇒ BiasGelu(x, b). */
export const biasGelu: Rule = rule('bias-gelu', ['x', 'bias'], {
  match: ({ x, bias }) => {
    const sum = op.Add(x, bias)
    return anyOf(ms.Gelu(sum), op.Gelu(sum, { approximate: 'none' }))
  },
  check: ({ x, bias }) => isBias(x, bias),
  build: ({ x, bias }) => ms.BiasGelu(x, bias),
})

/** Gelu by tanh of x + b ⇒ FastGelu(x, b). */
export const biasFastGelu: Rule = rule('bias-fast-gelu', ['x', 'bias'], {
  match: ({ x, bias }) => {
    const sum = op.Add(x, bias)
    return anyOf(ms.FastGelu(sum), op.Gelu(sum, { approximate: 'tanh' }))
  },
  check: ({ x, bias }) => isBias(x, bias),
  build: ({ x, bias }) => ms.FastGelu(x, bias),
})

function isBias(x: Value, bias: Value): true | Refusal {
  if (rank(bias) !== 1) return refuse('is not 1-D', bias)
  const [width, last] = [bias.shape?.[0], x.shape?.at(-1)]
  if (typeof width !== 'number' || width !== last)
    return refuse('is not as wide as what it is added to', bias)
  if ((rank(x) ?? 0) < 2) return refuse('has no axis before the last', x)
  return isServed(x)
}
