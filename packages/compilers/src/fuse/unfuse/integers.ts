// Whole numbers in replacements, where nothing beside them says of which type they are.
import { constant, memoryTensor, op, type Constant, type Term, type Value } from '@damson/graph'

/** An int64 constant, 1-D. */
export function integers(...values: readonly number[]): Constant {
  return constant(memoryTensor('int64', [values.length], BigInt64Array.from(values, BigInt)), {
    name: 'integers',
  })
}

/** An int64 scalar. */
export function integer(value: number): Constant {
  return constant(memoryTensor('int64', [], BigInt64Array.of(BigInt(value))), { name: 'integer' })
}

/** One size of a value, as an int64 scalar. */
export function sizeOf(x: Value | Term, axis: number): Term {
  return op.Gather(op.Shape(x), integer(axis), { axis: 0 })
}
