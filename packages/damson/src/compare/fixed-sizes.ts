// Inputs made up for a comparison have to fit both models, and one of them may have fixed what the other leaves open.
import type { Dim, Graph, ValueInfo, ValueType } from '@damson/graph'

/** The graph with the sizes that the changed one has fixed, by name where they have one. */
export function withFixedSizes(
  graph: Graph,
  changed: Graph,
): { readonly graph: Graph; readonly dims: Readonly<Record<string, number>> } {
  const shapes = new Map(changed.inputs.map(({ name, type }) => [name, shapeOf(type)]))
  const dims: Record<string, number> = {}
  const fixed = (info: ValueInfo): ValueInfo => {
    const { name, type } = info
    const after = shapes.get(name) ?? []
    const shape = shapeOf(type)
    for (const [at, dim] of shape.entries()) {
      const size = after[at]
      if (typeof dim === 'string' && typeof size === 'number' && size > 0) dims[dim] = size
    }
    return type?.kind === 'tensor' && type.shape ? { ...info, type: { ...type, shape: shape.map((dim, at) => known(dim, after[at])) } } : info // prettier-ignore
  }
  return { graph: graph.with({ inputs: graph.inputs.map(fixed) }), dims }
}

const shapeOf = (type: ValueType | undefined): readonly Dim[] =>
  type?.kind === 'tensor' ? (type.shape ?? []) : []

const isSize = (dim: Dim | undefined): dim is number => typeof dim === 'number' && dim > 0

const known = (dim: Dim, after: Dim | undefined): Dim => (!isSize(dim) && isSize(after) ? after : dim)
