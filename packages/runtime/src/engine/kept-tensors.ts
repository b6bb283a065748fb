// Tensors that stay where sessions run: outputs of one run that later ones are fed, as ONNX Runtime gave them.
import type { OrtModule, OrtTensor } from '../ort/ort-module.ts'
import { fromOrtTensor, isOnDevice, toOrtTensor } from '../ort/ort-tensor.ts'
import { isPortable } from '../ort/element-types.ts'
import { EngineError } from './engine-error.ts'
import type { EngineRan } from './engine.ts'

export interface KeptTensors {
  /** The tensor in a slot. Throws `slot-lost` when there is none. */
  take(slot: number): OrtTensor
  /** Puts results into slots, by name; what they held is freed. Nothing is kept unless everything can be. */
  keep(
    slots: Readonly<Record<string, number>>,
    results: Readonly<Record<string, OrtTensor>>,
  ): EngineRan['kept']
  owns(tensor: OrtTensor): boolean
  has(slot: number): boolean
  free(slots: readonly number[]): void
  freeAll(): void
  size(): number
}

export function keptTensors(ort: OrtModule): KeptTensors {
  const held = new Map<number, OrtTensor>()
  const owned = new Set<OrtTensor>()
  const free = (slots: readonly number[]): void => {
    for (const slot of slots) {
      const tensor = held.get(slot)
      held.delete(slot)
      if (!tensor) continue
      owned.delete(tensor)
      tensor.dispose?.()
    }
  }
  return {
    take(slot) {
      const tensor = held.get(slot)
      if (tensor) return tensor
      throw new EngineError(
        'slot-lost',
        'Expected what earlier calls kept, but it is there no more. Run without it.',
      )
    },
    keep(slots, results) {
      const made = Object.entries(slots).flatMap(([name, slot]) => {
        const tensor = results[name]
        return tensor ? [{ name, slot, ...feedable(ort, name, tensor) }] : []
      })
      free(made.map(({ slot }) => slot))
      for (const { slot, tensor } of made) {
        held.set(slot, tensor)
        owned.add(tensor)
      }
      return Object.fromEntries(made.map(({ name, kind }) => [name, kind]))
    },
    owns: tensor => owned.has(tensor),
    has: slot => held.has(slot),
    free,
    freeAll: () => free([...held.keys()]),
    size: () => held.size,
  }
}

/** A result as the next run takes it, and what it is. Throws `output-type` for what could be fed to none. */
function feedable(
  ort: OrtModule,
  name: string,
  result: OrtTensor,
): { readonly tensor: OrtTensor; readonly kind: EngineRan['kept'][string] } {
  const { type } = result
  const shape = result.dims.map(Number)
  if (isOnDevice(result) && isPortable(type)) return { tensor: result, kind: { dtype: type, shape } }
  // Not a copy: the same elements, with the halves of Node 24 put right.
  const data = fromOrtTensor(name, result)
  return { tensor: toOrtTensor(ort, name, data), kind: { dtype: data.dtype, shape } }
}
