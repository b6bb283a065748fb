// Where a Reshape asks for its sizes by arithmetic on shapes (Shape, Gather, Concat …) and inference follows what comes out,
// a constant says the same: 0 copies a size of the input, -1 stands for the one that is left.
//   Reshape(x [b, s, 64], Concat(b, s, 4, 16)) = Reshape(x, [0, 0, 4, 16])
import { Draft, infer, intOf, mapBodies, scopes, tensorOf, Value, type Body, type Dim, type Graph, type Inference, type Node } from '@damson/graph' // prettier-ignore
import { reshapeTarget } from './reshape-target.ts'

/** Sizes of a tensor by name, and elements of small ones, as seen from one body. */
interface Known {
  readonly shapeOf: (name: string) => readonly Dim[] | undefined
  readonly elementsOf: (name: string) => readonly Dim[] | undefined
}

/** The graph with computed targets of Reshape replaced by constants, in all bodies; the same object when there are none. */
export function constantReshapes(graph: Graph, inferOf: (graph: Graph) => Inference = infer): Graph {
  const computed = (node: Node): boolean =>
    node.op === 'Reshape' && node.domain === '' && intOf(node, 'allowzero', 0) === 0
  if (![...scopes(graph)].some(({ body }) => body.nodes.some(computed))) return graph
  const { graph: typed, elements } = inferOf(graph)
  const bodies = new Map<string, Body>([...scopes(typed)].map(({ path, body }) => [path, body]))
  return mapBodies(graph, (body, scope) => {
    const known: Known = {
      shapeOf: name => shapeIn(bodies.get(scope.path), name),
      elementsOf: name => elements.get(scope.path === '' ? name : `${scope.path}/${name}`),
    }
    const found = body.nodes.flatMap(node => {
      if (!computed(node) || new Value(node.inputs[1] ?? '', scope).tensor) return []
      const target = targetOf(node, known)
      return target ? [{ node, target }] : []
    })
    if (found.length === 0) return body
    const draft = new Draft(body, scope)
    for (const { node, target } of found) {
      const tensor = tensorOf('int64', [target.length], target.map(BigInt))
      const name = draft.addInitializer(`${node.outputs[0]}_shape`, tensor)
      draft.replace(node, { inputs: [node.inputs[0] ?? '', name] })
    }
    return draft.finish()
  })
}

function shapeIn(body: Body | undefined, name: string): readonly Dim[] | undefined {
  const type = body?.typeOf(name)
  return type?.kind === 'tensor' ? type.shape : undefined
}

/** Sizes as a constant Reshape has them; undefined where more than one is neither a number nor copied. */
function targetOf({ inputs, outputs }: Node, { shapeOf, elementsOf }: Known): readonly number[] | undefined {
  const [x = '', shape = ''] = inputs
  const [from, made] = [shapeOf(x), shapeOf(outputs[0] ?? '')]
  const wanted = elementsOf(shape) ?? made
  if (!wanted || !from) return undefined
  const sizes = wanted.map((size, at) => (size === -1 || size === null ? (made?.[at] ?? null) : size))
  // Where the source asks for -1 itself, the sizes beside it can not be 0.
  const left = wanted.indexOf(-1)
  return reshapeTarget(from, sizes, left < 0 ? [] : [sizes.toSpliced(left, 1)])
}
