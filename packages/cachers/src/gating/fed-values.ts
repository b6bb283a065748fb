// What is read off the feeds of a denoiser where its graph is not at hand: sizes, the latents, the time.
import type { Feeds, TensorData } from '@damson/core'
import { sampleName, timeNames } from '../structure/denoiser-inputs.ts'
import { numbersOf } from './combined-tensors.ts'

export type Sizes = ReadonlyMap<string, readonly number[]>

export function sizesByName(feeds: Feeds): Sizes {
  return new Map(Object.entries(feeds).map(([name, { shape }]) => [name, shape]))
}

/** True when every input that both have has one size: steps further out feed their caches at some calls only. */
export function sameSizes(a: Sizes, b: Sizes): boolean {
  return [...a].every(([name, shape]) => {
    const other = b.get(name)
    return !other || (shape.length === other.length && shape.every((size, axis) => size === other[axis]))
  })
}

/** The latents, where one input alone goes by a name of the field. */
export function latentsOf(feeds: Feeds): TensorData | undefined {
  const name = sampleName(Object.keys(feeds))
  return name === undefined ? undefined : feeds[name]
}

/** The time that a denoiser is fed, under whichever of the field's names. */
export function timeOf(feeds: Feeds): number | undefined {
  const name = timeNames.find(each => Object.hasOwn(feeds, each))
  const fed = name === undefined ? undefined : feeds[name]
  return fed && Number((numbersOf(fed) ?? fed.data)[0])
}
