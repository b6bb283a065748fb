// The state of a step is JSON with tensors in it. The JSON goes into the record with `{ "$tensor": name }` in place of each
// tensor; the tensors go into one ONNX file of initializers, so they are streamed, hashed and read lazily like weights.
import { DamsonError, Graph, type Initializer, type Tensor } from '@damson/graph'
import type { State, StateValue } from './algorithm.ts'

const marker = '$tensor'

/** True for a tensor inside a state. */
function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'read' in value
}

/** Replaces tensors by references and collects them under `prefix.path`. */
export function encodeState(state: State, prefix: string, tensors: Map<string, Tensor>): unknown {
  if (isTensor(state)) {
    tensors.set(prefix, state)
    return { [marker]: prefix }
  }
  if (Array.isArray(state)) return state.map((item, at) => encodeState(item, `${prefix}.${at}`, tensors))
  if (typeof state === 'object' && state !== null) {
    return Object.fromEntries(
      Object.entries(state).map(([key, value]) => [key, encodeState(value, `${prefix}.${key}`, tensors)]),
    )
  }
  return state
}

/** The state again, with tensors looked up by name. Throws `invalid-record` when one is missing. */
export function decodeState(value: unknown, tensors: ReadonlyMap<string, Initializer>): StateValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value
  if (Array.isArray(value)) return value.map(item => decodeState(item, tensors))
  if (typeof value === 'object') {
    if (marker in value) return tensorNamed(String(value[marker]), tensors)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decodeState(item, tensors)]))
  }
  throw new DamsonError(
    'invalid-record',
    `Expected JSON in a saved state, got ${typeof value}. Save the model again.`,
  )
}

function tensorNamed(name: string, tensors: ReadonlyMap<string, Initializer>): Tensor {
  const found = tensors.get(name)
  if (found) return found.tensor
  throw new DamsonError(
    'invalid-record',
    `Expected a tensor "${name}" in the file of states; it has none of that name.`,
  )
}

/** A graph that holds nothing but named tensors. */
export function graphOfTensors(tensors: ReadonlyMap<string, Tensor>): Graph {
  const initializers = new Map([...tensors].map(([name, tensor]) => [name, { name, tensor, origins: [] }]))
  const header = { irVersion: 8, opsets: new Map([['', 17]]), functions: [] }
  return new Graph({ name: 'states', inputs: [], outputs: [], initializers, nodes: [], header })
}
