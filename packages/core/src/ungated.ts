// A model as it is without its ports: each is set to its neutral value for good, so branches that only a port chooses are
// chosen, and what was added for them goes. Users of other runtimes get this twin beside the gated graph.
import {
  chooseBranches,
  DamsonError,
  elementCount,
  foldShapes,
  identity,
  isRefusal,
  refuse,
  removeDead,
  rewrite,
  tensorOf,
  walk,
  type Graph,
  type Initializer,
  type Refusal,
} from '@damson/graph'
import type { Model, Port } from './model.ts'
import { elementTypeOf, fillOf } from './ports.ts'

/** Larger neutral values are not written into a graph. */
const mostElements = 2 ** 16

/**
 * The model without ports: every part computes what it computes with neutral values, bit for bit. Steps that drove the
 * ports no longer act. Throws `invalid-port` for a port whose neutral value cannot stand in a graph.
 */
export function ungated(model: Model): Model {
  if (model.ports.length === 0) return model
  const gone = new Set(model.ports.map(({ step }) => step))
  const parts = [...model.parts].map(([name, part]) => {
    const graph = ungatedGraph(
      part.graph,
      model.ports.filter(port => port.part === name),
    )
    if (isRefusal(graph))
      throw new DamsonError('invalid-port', `Expected ports that "${name}" can do without: ${graph.refused}.`)
    return [name, graph === part.graph ? part : { ...part, graph }] as const
  })
  return model.with({
    parts: new Map(parts),
    ports: [],
    applied: model.applied.map(step =>
      gone.has(step.id) ? { ...step, replays: step.replays.filter(hook => hook !== 'wrap') } : step,
    ),
    replays: model.replays.filter(({ applied }) => !gone.has(applied.id)),
  })
}

/** A graph without these ports; the same object when there are none. */
export function ungatedGraph(graph: Graph, ports: readonly Port[]): Graph | Refusal {
  if (ports.length === 0) return graph
  const outputs = new Set(ports.flatMap(({ direction, name }) => (direction === 'output' ? [name] : [])))
  const bound = withNeutralConstants(
    graph.with({ outputs: graph.outputs.filter(({ name }) => !outputs.has(name)) }),
    ports.filter(({ direction }) => direction === 'input'),
  )
  const names = new Set(ports.map(({ name }) => name))
  let simple = withoutBranches(bound)
  // A condition may be made of ports by arithmetic.
  if (usedOf(simple, names).size > 0) simple = withoutBranches(foldShapes(simple))
  const used = usedOf(simple, names)
  const open = simple.inputs.find(({ name }) => used.has(name))
  if (open)
    return refuse(`the neutral value of "${open.name}" has a shape that only a run knows, or is too large`)
  return simple.with({ inputs: simple.inputs.filter(({ name }) => !names.has(name)) })
}

/** Ports as constants, where their neutral value is one; the others stay inputs for now. */
function withNeutralConstants(graph: Graph, ports: readonly Port[]): Graph {
  const constants = ports.flatMap((port): readonly [string, Initializer][] => {
    const { neutral, name } = port
    const dtype = neutral && elementTypeOf(neutral.dtype)
    const shape = neutral?.shape.filter(dim => typeof dim === 'number')
    if (!neutral || !dtype || shape?.length !== neutral.shape.length) return []
    const count = elementCount(shape)
    if (count > mostElements) return []
    const tensor = tensorOf(
      dtype,
      shape,
      Array.from({ length: count }, () => fillOf(neutral)),
    )
    return [[name, { name, tensor, origins: [] }]]
  })
  const bound = new Set(constants.map(([name]) => name))
  return graph.with({
    inputs: graph.inputs.filter(({ name }) => !bound.has(name)),
    initializers: new Map([...graph.initializers, ...constants]),
  })
}

function withoutBranches(graph: Graph): Graph {
  for (let current = graph; ;) {
    const chosen = chooseBranches(current)
    if (chosen === current) return removeDead(current)
    current = rewrite(removeDead(chosen), [identity]).graph
  }
}

/** Those of the names that some node reads. */
function usedOf(graph: Graph, names: ReadonlySet<string>): ReadonlySet<string> {
  const read = [...walk(graph)].flatMap(({ node }) => node.inputs.filter(name => names.has(name)))
  return new Set([...read, ...graph.outputs.map(({ name }) => name).filter(name => names.has(name))])
}
