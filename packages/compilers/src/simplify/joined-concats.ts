// A Concat of a Concat along the same axis is one Concat. Rules have a fixed number of inputs, so this is a pass.
import { Draft, intOf, mapBodies, originsOf, type Graph, type Node } from '@damson/graph'

/** The graph with Concats that only another one reads joined to it, in all bodies; the same object when there are none. */
export function joinConcats(graph: Graph): Graph {
  return mapBodies(graph, (body, scope) => {
    const isJoint = (node: Node): boolean => node.inputs.some(name => innerOf(name, node) !== undefined)
    const innerOf = (name: string, outer: Node): Node | undefined => {
      const inner = body.producer(name)
      const alone = body.users(name).length === 1 && !body.isOutput(name)
      return inner && alone && isConcat(inner) && axisOf(inner) === axisOf(outer) ? inner : undefined
    }
    const outers = body.nodes.filter(node => isConcat(node) && isJoint(node))
    if (outers.length === 0) return body
    const draft = new Draft(body, scope)
    for (const node of outers) {
      const now = draft.current(node)
      const inner = now.inputs.map(name => (innerOf(name, node) ? draft.producer(name) : undefined))
      const joined = inner.flatMap(each => each ?? [])
      draft.replace(now, {
        inputs: now.inputs.flatMap((name, at) => inner[at]?.inputs ?? [name]),
        origins: originsOf(now, ...joined),
      })
      for (const each of joined) draft.remove(each)
    }
    return draft.finish()
  })
}

const isConcat = (node: Node): boolean => node.op === 'Concat' && node.domain === ''
const axisOf = (node: Node): number => intOf(node, 'axis', 1)
