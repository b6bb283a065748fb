// What stands around a convolution and can be part of it. C is constant, a number or one for each output channel:
//   Conv(x; W, b)·C = Conv(x; W·C, b·C)      Conv(x; W, b) + C = Conv(x; W, b + C)
//   Conv(Pad(x, p)) = Conv(x, pads + p) for zeros outside the first two axes.
import {
  anyOf, channelScaled, computeTensors, constant, constantNumbers, elementCount, encodeElements, fill, floatOf, intOf, intsOf, isFloat,
  isRefusal, memoryTensor, numbers, op, refuse, rule, tensorOf, textOf, type Refusal, type Rule, type Tensor, type Value,
} from '@damson/graph' // prettier-ignore

/** Conv·C and Conv÷C. */
const convScale: Rule = rule('conv-scale', ['x', 'w', 'b?', 'c', 'conv', 'y'], {
  match: ({ x, w, b, c, conv, y }) => {
    const convolution = anyOf(
      op.Conv(x, constant(w), b).as(conv),
      op.ConvTranspose(x, constant(w), b).as(conv),
    )
    return anyOf(op.Mul(convolution, constant(c)).as(y), op.Div(convolution, constant(c)).as(y))
  },
  check: ({ w, b }) => foldable(w, b),
  build: ({ x, w, b, c, conv, y }) => {
    const channels = channelsOf(w, conv)
    const values = perChannel(c, channels, w)
    if (isRefusal(values)) return values
    const divides = y.producer?.op === 'Div'
    const factors = divides ? values.map(each => 1 / each) : values
    if (!factors.every(Number.isFinite) || !w.tensor) return refuse('divides by zero', c)
    const made = channelScaled({
      weights: w.tensor,
      ...(b?.tensor ? { bias: b.tensor } : {}),
      parameters: affine(factors),
      epsilon: 0,
      transposed: conv.producer?.op === 'ConvTranspose',
      group: intOf(conv, 'group', 1),
    })
    if ('refused' in made) return made
    const bias = b ? constant(made.bias, { from: [b, c] }) : undefined
    const call = conv.producer?.op === 'ConvTranspose' ? op.ConvTranspose : op.Conv
    return call(x, constant(made.weights, { from: [w, c] }), bias, conv.producer?.attributes ?? {})
  },
})

/** Conv + C and Conv − C. */
const convShift: Rule = rule('conv-shift', ['x', 'w', 'b?', 'c', 'conv', 'y'], {
  match: ({ x, w, b, c, conv, y }) => {
    const convolution = anyOf(
      op.Conv(x, constant(w), b).as(conv),
      op.ConvTranspose(x, constant(w), b).as(conv),
    )
    return anyOf(op.Add(convolution, constant(c)).as(y), op.Sub(convolution, constant(c)).as(y))
  },
  check: ({ w, b }) => foldable(w, b),
  build: ({ x, w, b, c, conv, y }) => {
    const channels = channelsOf(w, conv)
    const values = perChannel(c, channels, w)
    if (isRefusal(values)) return values
    const sign = y.producer?.op === 'Sub' ? -1 : 1
    const shifts = values.map(each => sign * each)
    const key = `${sign}:${c.tensor?.key}`
    const bias = shifted(b?.tensor, shifts, w.dtype ?? 'float32', key)
    const call = conv.producer?.op === 'ConvTranspose' ? op.ConvTranspose : op.Conv
    return call(x, w, constant(bias, { from: b ? [b, c] : [c] }), conv.producer?.attributes ?? {})
  },
})

/** Pad of zeros before Conv. */
const padIntoConv: Rule = rule('pad-into-conv', ['x', 'w', 'b?', 'pads?', 'value?', 'padded', 'conv'], {
  match: ({ x, w, b, pads, value, padded, conv }) =>
    op.Conv(op.Pad(x, pads, value).as(padded), w, b).as(conv),
  check: ({ value, padded }) => {
    return fillingOf(value, padded) === 0 || refuse('does not pad with zeros', padded)
  },
  build: ({ x, w, b, pads, padded, conv }) => {
    const sides = joinedPads(pads, padded, conv)
    return isRefusal(sides) ? sides : op.Conv(x, w, b, withPads(conv, sides))
  },
})

/** Pad of zeros before an average that counts them, and of −∞ before a maximum. */
const padIntoPool: Rule = rule('pad-into-pool', ['x', 'pads?', 'value?', 'padded', 'pool'], {
  match: ({ x, pads, value, padded, pool }) =>
    anyOf(
      op.AveragePool(op.Pad(x, pads, value).as(padded)).as(pool),
      op.MaxPool(op.Pad(x, pads, value).as(padded)).as(pool),
    ),
  check: ({ value, padded, pool }) => {
    const filling = fillingOf(value, padded)
    const isMax = pool.producer?.op === 'MaxPool'
    if (intOf(pool, 'ceil_mode', 0) !== 0) return refuse('rounds its size up', pool)
    if (isMax) return filling === -Infinity || refuse('does not pad with −∞', padded)
    const own = intsOf(pool, 'pads', undefined)?.some(each => each !== 0) ?? false
    if (own && intOf(pool, 'count_include_pad', 0) === 0)
      return refuse('does not count what it pads itself', pool)
    return filling === 0 || refuse('does not pad with zeros', padded)
  },
  build: ({ x, pads, padded, pool }) => {
    const sides = joinedPads(pads, padded, pool)
    if (isRefusal(sides)) return sides
    if (pool.producer?.op === 'MaxPool') return op.MaxPool(x, withPads(pool, sides))
    const attributes = new Map(withPads(pool, sides)).set('count_include_pad', { type: 'int', value: 1n })
    return op.AveragePool(x, attributes)
  },
})

/** Convolutions and what scales, shifts or pads them. */
export const convolutionRules: readonly Rule[] = [convScale, convShift, padIntoConv, padIntoPool]

/** A shared weight would have to be stored twice. */
function foldable(w: Value, b: Value | undefined): true | Refusal {
  if (!isFloat(w)) return refuse('is not of floats', w)
  if (w.users.length > 1) return refuse('is used by other nodes too', w)
  return !b || b.tensor !== undefined || refuse('is not constant', b)
}

/** W is [out, in/group, …] for Conv and [in, out/group, …] for ConvTranspose. */
function channelsOf({ tensor }: Value, conv: Value): number {
  const [first = 0, second = 0] = tensor?.shape ?? []
  return conv.producer?.op === 'ConvTranspose' ? second * intOf(conv, 'group', 1) : first
}

/** A number for each channel, from a scalar, [C, 1, …] or [1, C, 1, …]. */
function perChannel(c: Value, channels: number, w: Value): readonly number[] | Refusal {
  const values = constantNumbers(c)
  const [shape = [], rank = 0] = [c.tensor?.shape, w.tensor?.shape.length]
  if (!values || shape.length > rank) return refuse('is not in memory, or has more dimensions', c)
  const axis = 1 - (rank - shape.length)
  const only = shape.every((size, at) => size === 1 || (at === axis && size === channels))
  if (!only) return refuse('is not one number for each channel', c)
  return Array.from({ length: channels }, (_, at) => values[values.length === 1 ? 0 : at] ?? 0)
}

/** Scaling alone, as a normalization: γ = C, β = μ = 0, var = 1. */
function affine(factors: readonly number[]): Record<'gamma' | 'beta' | 'mean' | 'variance', Tensor> {
  const filled = (value: number): Tensor =>
    tensorOf(
      'float64',
      [factors.length],
      factors.map(() => value),
    )
  return {
    gamma: tensorOf('float64', [factors.length], factors),
    beta: filled(0),
    mean: filled(0),
    variance: filled(1),
  }
}

/** The bias with something added, [out]. */
function shifted(
  bias: Tensor | undefined,
  shifts: readonly number[],
  dtype: Tensor['dtype'],
  key: string,
): Tensor {
  const known = bias ? numbers(bias) : shifts.map(() => 0)
  if (known)
    return tensorOf(
      dtype,
      [shifts.length],
      shifts.map((each, at) => each + (known[at] ?? 0)),
    )
  const [sum] = computeTensors({
    key: `shifted-bias:1:${bias?.key}:${key}`,
    cost: shifts.length * 4,
    outputs: [{ dtype, shape: [shifts.length] }],
    run: async (write, options) => {
      const bytes = (await bias?.read(options)) ?? new Uint8Array(0)
      const own = numbers(memoryTensor(bias?.dtype ?? dtype, [elementCount(bias?.shape ?? [])], bytes)) ?? []
      await write(
        0,
        0,
        encodeElements(
          dtype,
          shifts.map((each, at) => each + (own[at] ?? 0)),
        ),
      )
    },
  })
  return sum ?? tensorOf(dtype, [shifts.length], shifts)
}

/** What a Pad fills with: an input, an attribute before opset 11, else zeros. */
function fillingOf(value: Value | undefined, padded: Value): number | undefined {
  return value ? fill(value) : floatOf(padded, 'value', 0)
}

/** Pads of an operator on the last axes together with those of a Pad before it. */
function joinedPads(pads: Value | undefined, padded: Value, operator: Value): readonly number[] | Refusal {
  if (textOf(padded, 'mode', 'constant') !== 'constant') return refuse('does not pad with a constant', padded)
  if (textOf(operator, 'auto_pad', 'NOTSET') !== 'NOTSET') return refuse('chooses its pads itself', operator)
  const all = pads ? constantNumbers(pads) : intsOf(padded, 'pads', undefined)
  if (!all || all.length < 6 || all.some(each => each < 0))
    return refuse('pads by what is not constant, or cuts', padded)
  const rank = all.length / 2
  if ([all[0], all[1], all[rank], all[rank + 1]].some(each => each !== 0))
    return refuse('pads batch or channels', padded)
  const spatial = [...all.slice(2, rank), ...all.slice(rank + 2)]
  const own = intsOf(operator, 'pads', undefined) ?? spatial.map(() => 0)
  return spatial.map((each, at) => each + (own[at] ?? 0))
}

function withPads(operator: Value, pads: readonly number[]): NonNullable<Value['producer']>['attributes'] {
  return new Map(operator.producer?.attributes ?? []).set('pads', { type: 'ints', value: pads.map(BigInt) })
}
