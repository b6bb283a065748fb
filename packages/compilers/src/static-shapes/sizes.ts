// Which sizes of a graph the user fixes. A size is named as the file names it (`batch`), as the expression it stands for
// (`past + sequence`), or, where exporters left no name, by input and axis (`input_ids:1`).
import { dimNames, evaluateDim, readDim, refuse, type Dim, type Graph, type Refusal } from '@damson/graph'

export type Given = Readonly<Record<string, number>>

/** Sizes that are fixed: by name or whole expression, and by `input:axis`. */
export interface FixedSizes {
  readonly named: ReadonlyMap<string, number>
  readonly placed: ReadonlyMap<string, number>
}

/** One axis of an input. */
interface Axis {
  readonly key: string
  readonly dim: Dim
}

/** The axes of all inputs that a caller feeds. 0 and the labels of the unknown are null. */
function axesOf(graph: Graph): readonly Axis[] {
  return graph.requiredInputs().flatMap(({ name, type }) => {
    const shape = type?.kind === 'tensor' ? (type.shape ?? []) : []
    return shape.map((dim, at) => ({ key: `${name}:${at}`, dim: isUnknown(dim) ? null : dim }))
  })
}

/** In the wild a size that is not known is declared as 0, `?`, `unk` … */
const isUnknown = (dim: Dim): boolean => dim === 0 || readDim(dim) === null

const spelled = (text: string): string => text.replaceAll(/\s/g, '')

/** What is fixed in a graph; a refusal for what it does not have, or what contradicts it. */
export function fixedSizes(graph: Graph, given: Given): FixedSizes | Refusal {
  const axes = axesOf(graph)
  const named = new Map<string, number>()
  const placed = new Map<string, number>()
  for (const [key, size] of Object.entries(given)) {
    const expressions = axes.flatMap(({ dim }) =>
      typeof dim === 'string' && spelled(dim) === spelled(key) ? [dim] : [],
    )
    const isName = axes.some(({ dim }) => dimNames(dim).has(key))
    const axis = axes.find(each => each.key === key)
    for (const name of isName ? [key] : expressions) named.set(name, size)
    if (isName || expressions.length > 0) continue
    if (!axis) return refuse(`has no size "${key}"; it has ${listed(axes)}`, key)
    if (typeof axis.dim === 'number' && axis.dim !== size)
      return refuse(`has ${axis.dim} as the size of "${key}", not ${size}`, key)
    if (typeof axis.dim === 'string') named.set(axis.dim, size)
    if (axis.dim === null) placed.set(key, size)
  }
  return contradiction(axes, named) ?? { named, placed }
}

/** Names of the sizes that are open, to be read. */
export function openSizes(graph: Graph): string {
  return listed(axesOf(graph))
}

function listed(axes: readonly Axis[]): string {
  const found = axes.flatMap(({ key, dim }) =>
    dim === null ? [key] : typeof dim === 'string' ? [...dimNames(dim)] : [],
  )
  return found.length > 0 ? [...new Set(found)].join(', ') : 'fixed sizes only'
}

/** Sizes that come out below 1, or otherwise than they were given. */
function contradiction(axes: readonly Axis[], named: ReadonlyMap<string, number>): Refusal | undefined {
  for (const { key, dim } of axes) {
    if (typeof dim !== 'string') continue
    const size = evaluateDim(dim, named)
    if (size !== undefined && size < 1)
      return refuse(`would have ${size} as the size "${dim}" of ${key}`, key)
    const names = new Map([...named].filter(([name]) => name !== dim || dimNames(dim).has(name)))
    const computed = evaluateDim(dim, names)
    if (computed !== undefined && size !== computed)
      return refuse(`would have ${computed} as the size "${dim}" of ${key}, but ${size} is given`, key)
  }
  return undefined
}
