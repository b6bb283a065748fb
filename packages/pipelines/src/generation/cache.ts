// The key-value cache of a decoder: which output becomes which input at the next call. Tensors go from one call to the next as
// they came; nothing is copied.
import type { Feeds, Outputs, Part, TensorData } from '@damson/core'
import { DamsonError, type ValueInfo } from '@damson/graph'
import { tensorAs } from '../tensors.ts'

/** Tensors by the name of the input that they are for. */
export type Cache = Feeds

/** True for an input that takes a tensor of an earlier call: `past_key_values.0.key`, `past_conv.1`. */
export function isPast(name: string): boolean {
  return /^past(_key_values|_[a-z]+)?\.\d/.test(name)
}

/** `present.0.key` of `past_key_values.0.key`, `present_conv.1` of `past_conv.1`. */
function presentOf(past: string): readonly string[] {
  return [past.replace(/^past_key_values/, 'present'), past.replace(/^past/, 'present')]
}

/** What the next call is fed. An output of no elements leaves what was there: merged decoders return their encoder's keys once. */
export function nextCache(outputs: Outputs, inputs: readonly ValueInfo[], before: Cache): Cache {
  const next: Record<string, TensorData> = {}
  for (const { name } of inputs.filter(each => isPast(each.name))) {
    const found = presentOf(name).find(output => outputs[output] !== undefined)
    const tensor = found === undefined ? undefined : outputs[found]
    const kept = tensor === undefined || tensor.shape.includes(0) ? (before[name] ?? tensor) : tensor
    if (kept === undefined)
      throw new DamsonError(
        'decoder',
        `Expected an output ${presentOf(name)[0]} for the input ${name}, got none.`,
      )
    next[name] = kept
  }
  return next
}

/** A cache of nothing: every axis that may grow has length 0. Throws `decoder` for caches of a fixed length. */
export function emptyPast({ name, type }: ValueInfo, rows: number, part: Part): TensorData {
  const dims = type?.kind === 'tensor' ? type.shape : undefined
  if (type?.kind !== 'tensor' || !type.dtype || !dims) {
    throw new DamsonError('decoder', `Expected a type and a shape of the input ${name} of ${part.name}.`)
  }
  const shape = dims.map((dim, axis) => (typeof dim === 'number' && dim > 0 ? dim : axis === 0 ? rows : 0))
  if (shape.length > 1 && !shape.includes(0) && /\.(key|value)$/.test(name)) {
    throw new DamsonError(
      'decoder',
      `Input ${name} of ${part.name}: expected a cache that grows, got one of fixed shape [${shape.join(', ')}]. Export it with dynamic axes.`,
    )
  }
  const size = shape.reduce((product, dim) => product * dim, 1)
  return tensorAs(type.dtype, shape, new Float32Array(size))
}
