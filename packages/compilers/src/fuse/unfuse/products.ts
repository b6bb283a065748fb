// Products and convolutions of ONNX Runtime that do more than one thing, taken apart.
//   FusedMatMul(A, B) = α·A'·B',   FusedGemm = act(Gemm),   FusedConv(x, W, b, z) = act(Conv(x, W, b) + z)
import {
  floatOf, intOf, ms, op, rank, refuse, rule, textOf,
  type Attribute, type In, type Refusal, type Rule, type Term, type Value,
} from '@damson/graph' // prettier-ignore

const fusedMatMulApart: Rule = rule('unfuse-matmul', ['a', 'b', 'y'], {
  match: ({ a, b, y }) => ms.FusedMatMul(a, b).as(y),
  build: ({ a, b, y }) => {
    if (intOf(y, 'transBatchA', 0) + intOf(y, 'transBatchB', 0) > 0) return refuse('turns its batch axes', y)
    const left = intOf(y, 'transA', 0) === 1 ? turned(a) : a
    const right = intOf(y, 'transB', 0) === 1 ? turned(b) : b
    if (!left || !right) return refuse('is of unknown rank', left ? b : a)
    const product = op.MatMul(left, right)
    const alpha = floatOf(y, 'alpha', 1)
    return alpha === 1 ? product : op.Mul(product, alpha)
  },
})

const fusedGemmApart: Rule = rule('unfuse-gemm', ['a', 'b', 'c?', 'y'], {
  match: ({ a, b, c, y }) => ms.FusedGemm(a, b, c).as(y),
  build: ({ a, b, c, y }) => activated(op.Gemm(a, b, c, attributesBut(y, 'activation')), y),
})

const fusedConvApart: Rule = rule('unfuse-conv', ['x', 'w', 'b?', 'z?', 'y'], {
  match: ({ x, w, b, z, y }) => ms.FusedConv(x, w, b, z).as(y),
  build: ({ x, w, b, z, y }) => {
    const conv = op.Conv(x, w, b, attributesBut(y, 'activation'))
    return activated(z ? op.Add(conv, z) : conv, y)
  },
})

export const productsApart: readonly Rule[] = [fusedMatMulApart, fusedGemmApart, fusedConvApart]

/** With the last two axes exchanged. */
function turned(x: Value): Term | undefined {
  const count = rank(x)
  if (count === undefined || count < 2) return undefined
  const perm = Array.from({ length: count }, (_, at) => (at < count - 2 ? at : 2 * count - 3 - at))
  return op.Transpose(x, { perm })
}

function attributesBut(y: Value, prefix: string): ReadonlyMap<string, Attribute> {
  return new Map([...(y.producer?.attributes ?? [])].filter(([name]) => !name.startsWith(prefix)))
}

/** The activation that an operator names. Clip and LeakyRelu have their numbers beside it. */
function activated(x: In & Term, y: Value): Term | Refusal {
  const parameters = y.producer?.attributes.get('activation_params')
  const [first = floatOf(y, 'activation_alpha', 0), second = floatOf(y, 'activation_beta', 0)] =
    parameters?.type === 'floats' ? parameters.value : []
  const name = textOf(y, 'activation', '')
  if (name === '') return x
  if (name === 'Relu') return op.Relu(x)
  if (name === 'Sigmoid') return op.Sigmoid(x)
  if (name === 'Tanh') return op.Tanh(x)
  if (name === 'LeakyRelu') return op.LeakyRelu(x, { alpha: first })
  if (name === 'HardSigmoid') return op.HardSigmoid(x, { alpha: first, beta: second })
  if (name === 'Clip') return op.Clip(x, first, second)
  return refuse(`has the activation ${name}`, y)
}
