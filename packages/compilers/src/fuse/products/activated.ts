// Products and convolutions with the activation behind them: FusedGemm, FusedConv. ONNX Runtime fuses both itself when it
// opens a model for its CPU; here they are for runtimes that open models without that step, and only with `absorb`, since no
// quantizer knows them.
import {
  anyOf,
  type Attribute,
  ms,
  op,
  refuse,
  rule,
  type Choice,
  type Rule,
  type Term,
  type Value,
  type Variable,
} from '@damson/graph'

/** Gemm, then Relu, Sigmoid or Tanh ⇒ FusedGemm. */
export const gemmActivation: Rule = rule('gemm-activation', ['a', 'b', 'c?', 'gemm', 'y'], {
  match: ({ a, b, c, gemm, y }) => activated(op.Gemm(a, b, c).as(gemm), y),
  check: ({ a }) => a.dtype === 'float32' || refuse('is not of float32', a),
  build: ({ a, b, c, gemm, y }) => ms.FusedGemm(a, b, c, attributesOf(gemm, y)),
})

/** Conv, then Relu, Sigmoid or Tanh ⇒ FusedConv. */
export const convActivation: Rule = rule('conv-activation', ['x', 'w', 'b?', 'conv', 'y'], {
  match: ({ x, w, b, conv, y }) => activated(op.Conv(x, w, b).as(conv), y),
  check: ({ x }) => x.dtype === 'float32' || refuse('is not of float32', x),
  build: ({ x, w, b, conv, y }) => ms.FusedConv(x, w, b, attributesOf(conv, y)),
})

function activated(product: Term, y: Variable): Choice {
  return anyOf(op.Relu(product).as(y), op.Sigmoid(product).as(y), op.Tanh(product).as(y))
}

function attributesOf(product: Value, y: Value): ReadonlyMap<string, Attribute> {
  return new Map([
    ...(product.producer?.attributes ?? []),
    ['activation', { type: 'string', value: y.producer?.op ?? '' }],
  ])
}
