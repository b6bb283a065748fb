// The input of a part that takes pictures [rows, channels, height, width]: its name, and what of its shape is fixed.
import type { Model, Part, TensorData } from '@damson/core'
import { DamsonError, type DataType } from '@damson/graph'
import { ownParts } from '../own-parts.ts'
import { stacked, tensorAs, type FloatTensor } from '../tensors.ts'

export interface PictureInput {
  readonly part: Part
  readonly name: string
  readonly channels: 1 | 3
  /** Height and width, where both are fixed. */
  readonly size: readonly [number, number] | undefined
  /** The number of pictures that it takes at once, where that is fixed. */
  readonly rows: number | undefined
  /** Pictures of one size as one tensor of the input's type. */
  tensor(pictures: readonly FloatTensor[]): TensorData
}

/** The first input that takes pictures. Throws `no-pictures` for models that have none. */
export function openPictureInput(model: Model): PictureInput {
  for (const part of ownParts(model).values()) {
    for (const { name, type } of part.graph.requiredInputs()) {
      if (type?.kind !== 'tensor' || type.shape?.length !== 4) continue
      const [rows, channels, height, width] = type.shape.map(dim =>
        typeof dim === 'number' && dim > 0 ? dim : undefined,
      )
      if (channels !== undefined && channels !== 1 && channels !== 3) continue
      return {
        ...{ part, name, rows, channels: channels ?? 3 },
        size: height !== undefined && width !== undefined ? [height, width] : undefined,
        tensor: pictures => asInput(pictures, type.dtype),
      }
    }
  }
  throw new DamsonError(
    'no-pictures',
    `Expected a part that takes pictures [rows, 1 or 3, height, width], got ${[...model.parts.keys()].join(', ')}.`,
  )
}

function asInput(pictures: readonly FloatTensor[], dtype: DataType | undefined): TensorData {
  const { shape, data } = stacked(pictures)
  return tensorAs(dtype ?? 'float32', shape, data)
}

/** Indices of pictures that run together: those of one size, as many as the input takes. */
export function picturesTogether(
  pictures: readonly FloatTensor[],
  { rows }: PictureInput,
  most: number,
): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>()
  for (const [i, { shape }] of pictures.entries()) {
    const group = groups.get(shape.join()) ?? []
    groups.set(shape.join(), group)
    group.push(i)
  }
  const size = Math.min(rows ?? most, most)
  return [...groups.values()].flatMap(group =>
    Array.from({ length: Math.ceil(group.length / size) }, (_, i) => group.slice(i * size, (i + 1) * size)),
  )
}
