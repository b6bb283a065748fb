// Feeds made from a graph alone: right in type and shape, within what their role allows (ids within the vocabulary, masks of
// ones, positions that count), random otherwise. They tell whether a model runs and whether two agree, not how good it is.
import type { Elements, Feeds, TensorData } from '@damson/core'
import { DamsonError, elementCount, type DataType, type Graph } from '@damson/graph'
import { isPortable, zeros } from '../ort/element-types.ts'
import { halfOf } from './half.ts'
import { random, type Random } from './random.ts'
import { sizeOf } from './sizes.ts'
import { tableRows } from './table-rows.ts'

export interface FeedsOptions {
  /** Sizes of open dims by name: `{ batch_size: 1, sequence_length: 16 }`; others get small usual ones. */
  readonly dims?: Readonly<Record<string, number>>
  /** Same seed, same feeds. Default 0. */
  readonly seed?: number
  /** Inputs filled with one number: `{ use_cache_branch: 0 }`. */
  readonly values?: Readonly<Record<string, number>>
}

/** What an element is: its place in the tensor, and what is known of the input. */
interface Cell {
  readonly at: number
  readonly shape: readonly number[]
  readonly random: Random
  /** Rows of the table that the input picks from. */
  readonly rows: number | undefined
  /** Positions that lie before the first: the length of the past. */
  readonly past: number
  readonly whole: boolean
}
type Fill = (cell: Cell) => number

/** Column along the last axis. */
const column = ({ at, shape }: Cell): number => at % (shape.at(-1) ?? 1)

/** What inputs of some names hold; the first that matches decides. */
const roles: readonly (readonly [RegExp, Fill])[] = [
  [/mask/i, () => 1],
  [/use_cache/i, () => 1],
  [/position_ids/i, cell => cell.past + column(cell)],
  [/img_ids/i, cell => [0, Math.floor(cell.at / 12), Math.floor(cell.at / 3) % 4][column(cell)] ?? 0],
  [/txt_ids|token_type/i, () => 0],
  [/time_ids/i, () => 16],
  [/timestep/i, ({ random, whole }) => (whole ? random.below(1000) : random.uniform())],
  [/guidance/i, () => 3.5],
  [/bytes/i, ({ random }) => random.below(256)],
]

/** Where nothing is known of whole numbers: small enough for any vocabulary. */
const smallVocabulary = 16

/** One feed for every input that has no initializer. Throws `feeds` for inputs that are not tensors of a portable type. */
export function feedsFor(graph: Graph, options: FeedsOptions = {}): Feeds {
  const { dims = {}, seed = 0, values = {} } = options
  const size = sizeOf(dims)
  const rows = tableRows(graph)
  const source = random(seed)
  const feeds: Record<string, TensorData> = {}
  for (const { name, type } of graph.requiredInputs()) {
    if (type?.kind !== 'tensor' || type.dtype === undefined || !isPortable(type.dtype)) {
      throw new DamsonError('feeds', `Input "${name}": expected a tensor of a type that can be fed.`, {
        details: { name },
      })
    }
    const shape = (type.shape ?? []).map(size)
    const value = values[name]
    const fill = value === undefined ? fillFor(name, type.dtype) : () => value
    const cell = {
      shape,
      random: source,
      rows: rows.get(name),
      past: pastOf(graph, size),
      whole: isWhole(type.dtype),
    }
    feeds[name] = tensor(type.dtype, shape, at => fill({ ...cell, at }))
  }
  return feeds
}

function fillFor(name: string, dtype: DataType): Fill {
  const role = roles.find(([pattern]) => pattern.test(name))
  if (role) return role[1]
  if (dtype === 'bool') return ({ random }) => random.below(2)
  if (!isWhole(dtype)) return ({ random }) => random.normal()
  // 0 is padding in many vocabularies, so ids start at 1 where there is room.
  return ({ random, rows = smallVocabulary }) => (rows > 1 ? 1 + random.below(rows - 1) : 0)
}

/** Length of the past that attention sees, as the cache inputs have it. */
function pastOf(graph: Graph, size: (dim: string | number | null) => number): number {
  const cache = graph.requiredInputs().find(({ name }) => /^past/.test(name))
  const length =
    cache?.type?.kind === 'tensor'
      ? cache.type.shape?.find(dim => typeof dim === 'string' && /past/.test(dim))
      : undefined
  return length === undefined ? 0 : size(length)
}

function isWhole(dtype: DataType): boolean {
  return /^u?int/.test(dtype)
}

function tensor(dtype: DataType, shape: readonly number[], value: (at: number) => number): TensorData {
  const count = elementCount(shape)
  if (dtype === 'string')
    return { dtype, shape, data: Array.from({ length: count }, (_, at) => `${value(at)}`) }
  if (!isPortable(dtype)) throw new DamsonError('feeds', `Expected a type that can be fed, got ${dtype}.`)
  const data: Elements = zeros(dtype, count)
  for (let at = 0; at < count; at++) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array)
      data[at] = BigInt(Math.trunc(value(at)))
    else data[at] = dtype === 'float16' ? halfOf(value(at)) : value(at)
  }
  return { dtype, shape, data }
}
