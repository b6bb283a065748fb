// Arithmetic and logic that comes to the same with fewer operators. What only selects is exact to the bit; constants that
// are put together, and LogSoftmax, round once less than before.
import {
  anyOf, broadcastsInto, constant, constantNumbers, fill, isFloat, op, refuse, rule, tensorOf,
  type Rule, type Value,
} from '@damson/graph' // prettier-ignore

/** ¬¬x = x */
const notTwice: Rule = rule('not-twice', ['x'], {
  match: ({ x }) => op.Not(op.Not(x).shared()),
  build: ({ x }) => x,
})

/** −(−x) = x */
const negTwice: Rule = rule('neg-twice', ['x'], {
  match: ({ x }) => op.Neg(op.Neg(x).shared()),
  build: ({ x }) => x,
})

/** Where(¬c, a, b) = Where(c, b, a) */
const whereNot: Rule = rule('where-not', ['c', 'a', 'b'], {
  match: ({ c, a, b }) => op.Where(op.Not(c).shared(), a, b),
  build: ({ c, a, b }) => op.Where(c, b, a),
})

/** Where(true, a, b) = a, Where(false, a, b) = b, where the result has their shape. */
const whereConstant: Rule = rule('where-constant', ['c', 'a', 'b'], {
  match: ({ c, a, b }) => op.Where(constant(c), a, b),
  check: ({ c, a, b }) => {
    const value = fill(c)
    if (value === undefined) return refuse('is neither true nor false throughout', c)
    const [taken, other] = value === 0 ? [b, a] : [a, b]
    const same = broadcastsInto(c, taken) && broadcastsInto(other, taken)
    return same || refuse('may be broadcast', taken)
  },
  build: ({ c, a, b }) => (fill(c) === 0 ? b : a),
})

/** Where(c, x, x) = x where c does not broadcast x. */
const whereSame: Rule = rule('where-same', ['c', 'x'], {
  match: ({ c, x }) => op.Where(c, x, x),
  check: ({ c, x }) => broadcastsInto(c, x) || refuse('may be broadcast', x),
  build: ({ x }) => x,
})

/** And(x, x) = Or(x, x) = Min(x, x) = Max(x, x) = x */
const sameTwice: Rule = rule('same-twice', ['x'], {
  match: ({ x }) => anyOf(op.And(x, x), op.Or(x, x), op.Min(x, x), op.Max(x, x)),
  build: ({ x }) => x,
})

/** And(x, true) = Or(x, false) = x */
const neutralLogic: Rule = rule('neutral-logic', ['x', 'c', 'y'], {
  match: ({ x, c, y }) => anyOf(op.And(x, constant(c)).as(y), op.Or(x, constant(c)).as(y)),
  check: ({ x, c, y }) => {
    const neutral = y.producer?.op === 'And' ? 1 : 0
    if (fill(c) !== neutral) return refuse('decides something', c)
    return broadcastsInto(c, x) || refuse('may be broadcast', x)
  },
  build: ({ x }) => x,
})

/** f(f(x)) = f(x) for Relu, Abs, Ceil, Floor, Round and Sign. */
const idempotent: readonly Rule[] = [op.Relu, op.Abs, op.Ceil, op.Floor, op.Round, op.Sign].map(f =>
  rule(`${f(0).call.op.toLowerCase()}-twice`, ['x'], {
    match: ({ x }) => f(f(x).shared()),
    build: ({ x }) => f(x),
  }),
)

/** log(softmax(x)) = LogSoftmax(x), which also keeps −∞ where softmax underflows. */
const logOfSoftmax: Rule = rule('log-of-softmax', ['x', 's'], {
  match: ({ x, s }) => op.Log(op.Softmax(x).as(s)),
  build: ({ x, s }) => op.LogSoftmax(x, s.producer?.attributes ?? {}),
})

/** (x·a)·b = x·(ab), (x·a)/b = x·(a/b): constants of one number each, of floats. */
const scaleTwice: Rule = rule('scale-twice', ['x', 'a', 'b', 'inner', 'y'], {
  match: ({ x, a, b, inner, y }) => {
    const scaled = anyOf(op.Mul(x, constant(a)).as(inner), op.Div(x, constant(a)).as(inner))
    return anyOf(op.Mul(scaled, constant(b)).as(y), op.Div(scaled, constant(b)).as(y))
  },
  check: ({ x, a, b }) => oneNumberEach(x, a, b),
  build: ({ x, a, b, inner, y }) => {
    const [first = NaN, second = NaN] = [fill(a), fill(b)]
    const factor = inner.producer?.op === 'Div' ? 1 / first : first
    const scale = y.producer?.op === 'Div' ? factor / second : factor * second
    if (!Number.isFinite(scale) || scale === 0) return refuse('is beyond what floats hold', b)
    return op.Mul(x, constant(tensorOf(a.dtype ?? 'float32', [], [scale]), { from: [a, b] }))
  },
})

function oneNumberEach(x: Value, a: Value, b: Value): true | ReturnType<typeof refuse> {
  if (!isFloat(x)) return refuse('is not of floats', x)
  const wide = [a, b].find(each => fill(each) === undefined || constantNumbers(each)?.length !== 1)
  if (wide) return refuse('is not one number', wide)
  const raised = [a, b].find(each => !broadcastsInto(each, x))
  return raised ? refuse('may raise the rank', raised) : true
}

/** Logic and selection; exact. */
export const logicRules: readonly Rule[] = [
  notTwice, negTwice, whereNot, whereConstant, whereSame, sameTwice, neutralLogic, ...idempotent,
] // prettier-ignore

/** Constants put together; rounds once less. */
export const scalingRules: readonly Rule[] = [scaleTwice, logOfSoftmax]
