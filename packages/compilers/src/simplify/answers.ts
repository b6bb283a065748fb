// Answers as they are kept in the state: tensors by name, and which weights hold the same.
import type { StateValue } from '@damson/core'
import type { EqualWeights, Tensor } from '@damson/graph'
import type { TwinIds } from './turned-twins.ts'

/** Tensors by name; whatever is none is left out. */
export function tensorsIn(answer: StateValue): ReadonlyMap<string, Tensor> {
  return new Map(
    entriesOf(answer).flatMap(([name, value]) => (isTensor(value) ? [[name, value] as const] : [])),
  )
}

/** The ids of equal weights with what they share. */
export function textsIn(answer: StateValue): EqualWeights {
  const equal = new Map(entriesOf(answer)).get('equal') ?? null
  return new Map(
    entriesOf(equal).flatMap(([id, text]) => (typeof text === 'string' ? [[id, text] as const] : [])),
  )
}

/** Pairs of ids, a weight and its transposed copy. */
export function twinsIn(answer: StateValue): readonly TwinIds[] {
  const twins = new Map(entriesOf(answer)).get('twins')
  return entriesOf(twins ?? null).flatMap(([goes, stays]) =>
    typeof stays === 'string' ? [[stays, goes] as const] : [],
  )
}

function entriesOf(value: StateValue): readonly (readonly [string, StateValue])[] {
  return typeof value === 'object' && value !== null && !isTensor(value) ? Object.entries(value) : []
}

function isTensor(value: StateValue): value is Tensor {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'read' in value
}
