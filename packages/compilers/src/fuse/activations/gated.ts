// Activations by a gate of themselves.
//   silu(x) = x·σ(x),   quickGelu(x) = x·σ(1.702·x),   hardSwish(x) = x·clip(x/6 + 1/2, 0, 1),   mish(x) = x·tanh(softplus(x))
import { anyOf, constant, constantNumbers, fill, ms, op, refuse, rule, type Rule } from '@damson/graph'
import { isServed } from './served.ts'

/** x·σ(αx) ⇒ QuickGelu, which is SiLU for α = 1. */
export const quickGelu: Rule = rule('quick-gelu', ['x', 'alpha'], {
  match: ({ x, alpha }) => op.Mul(x, op.Sigmoid(op.Mul(x, constant(alpha)))),
  check: ({ x, alpha }) => {
    if (constantNumbers(alpha)?.length !== 1) return refuse('is not one number', alpha)
    if ((alpha.shape?.length ?? 0) > (x.shape?.length ?? 0)) return refuse('raises the rank', alpha)
    return isServed(x)
  },
  build: ({ x, alpha }) => ms.QuickGelu(x, { alpha: fill(alpha) ?? 1 }),
})

/** x·σ(x) ⇒ Swish from opset 24 on, before it QuickGelu with α = 1. */
export const silu: Rule = rule('silu', ['x'], {
  match: ({ x }) => op.Mul(x, op.Sigmoid(x)),
  check: ({ x }) => isServed(x),
  build: ({ x }, place) => (place.opset() >= 24 ? op.Swish(x) : ms.QuickGelu(x, { alpha: 1 })),
})

/** x·clip(x + 3, 0, 6)/6, or x·HardSigmoid(x, 1/6, 1/2) ⇒ HardSwish. */
export const hardSwish: Rule = rule('hard-swish', ['x'], {
  since: 14,
  match: ({ x }) => {
    const clipped = op.Clip(op.Add(x, 3), 0, 6)
    const gate = anyOf(
      op.Div(clipped, 6),
      op.Mul(clipped, 1 / 6),
      op.HardSigmoid(x, { alpha: 1 / 6, beta: 0.5 }),
    )
    const product = op.Mul(x, clipped)
    return anyOf(op.Mul(x, gate), op.Div(product, 6), op.Mul(product, 1 / 6))
  },
  build: ({ x }) => op.HardSwish(x),
})

/** x·tanh(softplus(x)), the softplus written out or not ⇒ Mish. */
export const mish: Rule = rule('mish', ['x'], {
  since: 18,
  match: ({ x }) => op.Mul(x, op.Tanh(anyOf(op.Softplus(x), op.Log(op.Add(op.Exp(x), 1))))),
  build: ({ x }) => op.Mish(x),
})
