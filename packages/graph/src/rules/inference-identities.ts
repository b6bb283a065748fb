// Operators that do nothing when a model is only run: Dropout, and padding by nothing.
import { refuse } from '../error.ts'
import { intsOf } from '../ops/attributes.ts'
import { op } from '../ops/onnx-operators.generated.ts'
import { rule, type Rule } from './rule.ts'
import { constantNumbers, fill } from './shape-facts.ts'

/** Dropout(x) = x unless its training input may be true; before opset 12 there is none. Its mask must be unused. */
export const dropout: Rule = rule('dropout', ['x', 'ratio?', 'training?'], {
  match: ({ x, ratio, training }) => op.Dropout(x, ratio, training),
  check: ({ training }) =>
    training === undefined || fill(training) === 0 || refuse('may be in training', training),
  build: ({ x }) => x,
})

/** Pad(x) = x when it pads by nothing, whatever the mode. */
export const padNothing: Rule = rule('pad-nothing', ['x', 'pads?', 'y', '...rest'], {
  match: ({ x, pads, y, rest }) => op.Pad(x, pads, ...rest).as(y),
  check: ({ pads, y }) => {
    const sizes = pads ? constantNumbers(pads) : intsOf(y, 'pads', undefined)
    return (
      sizes?.every(size => size === 0) || refuse('pads by something, or by what is not constant', pads ?? y)
    )
  },
  build: ({ x }) => x,
})
