// Where a Reshape asks for its sizes by arithmetic on shapes (Shape, Gather, Concat …) and inference follows what comes out,
// a constant says the same: 0 copies a size of the input, -1 stands for the one that is left.
//   Reshape(x [b, s, 64], Concat(b, s, 4, 16)) = Reshape(x, [0, 0, 4, 16])
import { infer, intOf, mapBodies, tensorOf, type Dim, type Graph, type Node } from '@damson/graph'

/** Sizes of a tensor by name, and elements of small ones, as seen from one body. */
interface Known {
  readonly shapeOf: (name: string) => readonly Dim[] | undefined
  readonly elementsOf: (name: string) => readonly Dim[] | undefined
}

/** The graph with computed targets of Reshape replaced by constants, in all bodies; the same object when there are none. */
export function constantReshapes(graph: Graph): Graph {
  const { graph: typed, elements } = infer(graph)
  const shapes = new Map<string, readonly Dim[]>()
  mapBodies(typed, (body, { path }) => {
    for (const { name, type } of body.types.values())
      if (type?.kind === 'tensor' && type.shape) shapes.set(idIn(path, name), type.shape)
    return body
  })
  return mapBodies(graph, (body, { path }) => {
    const known: Known = {
      shapeOf: name => shapes.get(idIn(path, name)),
      elementsOf: name => elements.get(idIn(path, name)),
    }
    const initializers = new Map(body.initializers)
    const nodes = body.nodes.map(node => {
      const [x = '', shape = ''] = node.inputs
      if (node.op !== 'Reshape' || node.domain !== '' || intOf(node, 'allowzero')) return node
      if (body.tensor(shape)) return node
      const target = targetOf(node, known)
      if (!target) return node
      const name = freshName(`${node.outputs[0]}_shape`, taken => initializers.has(taken) || body.producer(taken) !== undefined)
      initializers.set(name, { name, tensor: tensorOf('int64', [target.length], target.map(BigInt)), origins: [] })
      return { ...node, inputs: [x, name] }
    })
    return initializers.size === body.initializers.size ? body : body.with({ nodes, initializers })
  })
}

const idIn = (path: string, name: string): string => (path === '' ? name : `${path}/${name}`)

function freshName(wanted: string, taken: (name: string) => boolean): string {
  let name = wanted
  for (let at = 1; taken(name); at++) name = `${wanted}_${at}`
  return name
}

/** Sizes as a constant Reshape has them; undefined where more than one is neither a number nor copied. */
function targetOf({ inputs, outputs }: Node, { shapeOf, elementsOf }: Known): readonly number[] | undefined {
  const [x = '', shape = ''] = inputs
  const wanted = elementsOf(shape) ?? shapeOf(outputs[0] ?? '')
  const [from, made] = [shapeOf(x), shapeOf(outputs[0] ?? '')]
  if (!wanted || !from) return undefined
  const target = wanted.map((dim, at) => {
    const size = dim === -1 || dim === null ? made?.[at] ?? null : dim
    if (typeof size === 'number') return size > 0 ? size : undefined
    return size !== null && from[at] === size ? 0 : undefined
  })
  const open = target.filter(size => size === undefined).length
  if (open > 1) return undefined
  return target.map(size => size ?? -1)
}
