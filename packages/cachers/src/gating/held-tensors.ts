// What gates keep from one call for later ones: a slot where the runtime has them, so that it never leaves the engine, else the
// tensor itself.
import type { Call, Feeds, Outputs, Slot, TensorData } from '@damson/core'

export type Held = TensorData | Slot

/** How inputs get what was kept, by name. */
export function fedWith(inputs: readonly (readonly [string, Held])[]): {
  readonly feeds: Feeds
  readonly takes: NonNullable<Call['takes']>
} {
  const feeds: Record<string, TensorData> = {}
  const takes: Record<string, Slot> = {}
  for (const [name, held] of inputs) {
    if (isSlot(held)) takes[name] = held
    else feeds[name] = held
  }
  return { feeds, takes }
}

/** What becomes of outputs: a slot each, where they are wanted and there are slots; nothing, where they are not. */
export function keptAs(
  names: readonly string[],
  isWanted: boolean,
  slot: Call['slot'],
): NonNullable<Call['keeps']> {
  if (!isWanted) return Object.fromEntries(names.map(name => [name, 'leave']))
  return slot ? Object.fromEntries(names.map(name => [name, slot()])) : {}
}

/** What came of an output: undefined when the part did not run. A step between may fetch what should have been kept. */
export function heldOf(name: string, keeps: NonNullable<Call['keeps']>, outputs: Outputs): Held | undefined {
  const slot = keeps[name]
  return slot && slot !== 'leave' && slot.tensor ? slot : outputs[name]
}

/** False for what was lost with the worker or process that held it. */
export function isThere(held: Held): boolean {
  return !isSlot(held) || held.tensor !== undefined
}

export function letGo(held: Held): void {
  if (isSlot(held)) held.free()
}

function isSlot(held: Held): held is Slot {
  return 'free' in held
}
