// Activations of ONNX Runtime taken apart: into ONNX's own where the operator set has it, else into their formulas.
import {
  floatOf,
  ms,
  op,
  refuse,
  rule,
  type In,
  type Place,
  type Rule,
  type Term,
  type Value,
} from '@damson/graph'

/** x/2·(1 + erf(x/√2)) */
const exactGelu = (x: In, { opset }: Place): Term =>
  opset() >= 20 ? op.Gelu(x) : op.Mul(op.Mul(x, op.Add(op.Erf(op.Mul(x, Math.SQRT1_2)), 1)), 0.5)

/** x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))) */
function tanhGelu(x: In, { opset }: Place): Term {
  if (opset() >= 20) return op.Gelu(x, { approximate: 'tanh' })
  const cube = op.Mul(op.Mul(x, x), x)
  const inner = op.Mul(op.Add(x, op.Mul(cube, 0.044715)), Math.sqrt(2 / Math.PI))
  return op.Mul(op.Mul(x, op.Add(op.Tanh(inner), 1)), 0.5)
}

const geluApart: Rule = rule('unfuse-gelu', ['x'], {
  match: ({ x }) => ms.Gelu(x),
  build: ({ x }, place) => exactGelu(x, place),
})

const biasGeluApart: Rule = rule('unfuse-bias-gelu', ['x', 'bias'], {
  match: ({ x, bias }) => ms.BiasGelu(x, bias),
  build: ({ x, bias }, place) => exactGelu(op.Add(x, bias), place),
})

const fastGeluApart: Rule = rule('unfuse-fast-gelu', ['x', 'bias?'], {
  match: ({ x, bias }) => ms.FastGelu(x, bias),
  build: ({ x, bias }, place) => tanhGelu(bias ? op.Add(x, bias) : x, place),
})

/** x·σ(αx) */
const quickGeluApart: Rule = rule('unfuse-quick-gelu', ['x', 'y'], {
  match: ({ x, y }) => ms.QuickGelu(x).as(y),
  build: ({ x, y }) => {
    const alpha = floatOf(y, 'alpha', 1.702)
    return op.Mul(x, op.Sigmoid(alpha === 1 ? x : op.Mul(x, alpha)))
  },
})

/** The left half of x + b times the Gelu of the right half. */
const biasSplitGeluApart: Rule = rule('unfuse-bias-split-gelu', ['x', 'bias'], {
  match: ({ x, bias }) => ms.BiasSplitGelu(x, bias),
  build: ({ x, bias }, place) => {
    const width = widthOf(x)
    if (width === undefined) return refuse('has no known width', x)
    const sum = op.Add(x, bias)
    const sizes = [width / 2, width / 2]
    const split =
      place.opset() >= 13 ? op.Split(sum, sizes, { axis: -1 }) : op.Split(sum, { axis: -1, split: sizes })
    const [left, right] = split.outputs(2)
    return op.Mul(left, exactGelu(right, place))
  },
})

function widthOf({ shape }: Value): number | undefined {
  const width = shape?.at(-1)
  return typeof width === 'number' && width % 2 === 0 ? width : undefined
}

export const activationsApart: readonly Rule[] = [
  geluApart, biasGeluApart, fastGeluApart, quickGeluApart, biasSplitGeluApart,
] // prettier-ignore
