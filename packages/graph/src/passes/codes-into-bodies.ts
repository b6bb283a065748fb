// What a body codes and decodes with stands in that body. ONNX Runtime (1.30) makes one kernel of Q/DQ and what is between, and
// looks for codes, scales and zero points in the body of these alone: a model that has them further out may not open.
import { Draft } from '../draft.ts'
import type { Body, Graph, Initializer, Node } from '../ir.ts'
import { mapBodies, resolve, type Scope } from '../scope.ts'

const codecs = new Set(['QuantizeLinear', 'DequantizeLinear'])

/**
 * The graph with every constant that a QuantizeLinear or DequantizeLinear in a nested body takes from outside in that body
 * itself; where others use it too, both have it, and the bytes are shared. The same object when there is nothing to do.
 */
export function codesIntoBodies(graph: Graph): Graph {
  const moved = new Set<Initializer>()
  const settled = mapBodies(graph, (body, scope) => {
    const decoders = body.nodes.filter(node => outerConstants(node, scope).length > 0)
    if (decoders.length === 0) return body
    const draft = new Draft(body, scope)
    const names = new Map<Initializer, string>()
    for (const node of decoders) {
      const bound = new Map(outerConstants(node, scope).map(each => [each.name, each] as const))
      const inputs = node.inputs.map(input => {
        const weight = bound.get(input)
        if (!weight) return input
        const name = names.get(weight) ?? draft.addInitializer(input, weight.tensor, weight)
        names.set(weight, name)
        moved.add(weight)
        return name
      })
      draft.replace(node, { inputs })
    }
    return draft.finish()
  })
  return moved.size === 0 ? graph : mapBodies(settled, body => withoutUnused(body, moved))
}

/** The constants of bodies further out that a QuantizeLinear or a DequantizeLinear takes. */
function outerConstants(node: Node, scope: Scope): readonly Initializer[] {
  if (!codecs.has(node.op) || !scope.outer) return []
  return node.inputs.flatMap(name => {
    const home = name === '' ? undefined : resolve(scope, name)
    if (!home || home.path === scope.path || home.body.isInput(name)) return []
    return home.body.initializers.get(name) ?? []
  })
}

function withoutUnused(body: Body, moved: ReadonlySet<Initializer>): Body {
  const idle = [...body.initializers].filter(
    ([name, weight]) => moved.has(weight) && body.users(name).length === 0 && !body.isOutput(name),
  )
  if (idle.length === 0) return body
  const gone = new Set(idle.map(([name]) => name))
  return body.with({ initializers: new Map([...body.initializers].filter(([name]) => !gone.has(name))) })
}
