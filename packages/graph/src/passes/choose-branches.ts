// An If whose condition is a constant is its branch: the branch's nodes and weights move to where the If stands.
import { Draft } from '../draft.ts'
import type { Body, Graph, Node } from '../ir.ts'
import { innerScopes, mapBodies, resolve, type Scope } from '../scope.ts'
import { copyNodes } from '../surgery/copy-nodes.ts'
import { numbers } from '../tensors/elements.ts'
import { nestedBodies } from '../uses.ts'

/** The graph with the branches of constant conditions in place of their Ifs, in all bodies; the same object when there are none. */
export function chooseBranches(graph: Graph): Graph {
  return mapBodies(graph, (body, scope) => {
    const chosen = body.nodes.flatMap(node => chosenBranch(node, scope, graph.header.irVersion) ?? [])
    if (chosen.length === 0) return body
    const draft = new Draft(body, scope)
    for (const { node, branch } of chosen) putBranch(draft, node, branch)
    return draft.finish()
  })
}

interface Chosen {
  readonly node: Node
  readonly branch: Body
}

function chosenBranch(node: Node, scope: Scope, irVersion: number): Chosen | undefined {
  if (node.op !== 'If' || node.domain !== '') return undefined
  const [name = ''] = node.inputs
  const home = resolve(scope, name)
  const condition = home && !(irVersion >= 4 && home.body.isInput(name)) ? home.body.tensor(name) : undefined
  const [value] = (condition && numbers(condition)) ?? []
  if (value === undefined) return undefined
  const wanted = value === 0 ? 'else_branch' : 'then_branch'
  const branch = nestedBodies(node).find(({ attribute }) => attribute === wanted)?.body
  const sparse = innerScopes(scope, node).some(({ body }) => body.sparseInitializers.size > 0)
  return branch && !sparse ? { node, branch } : undefined
}

/** The If's outputs get their names from the branch; what the branch only hands on is carried by an Identity. */
function putBranch(draft: Draft, node: Node, branch: Body): void {
  const bound = new Map<string, string>()
  for (const { name, tensor, origins } of branch.initializers.values())
    bound.set(name, draft.addInitializer(name, tensor, { origins }))
  const copy = copyNodes(branch.nodes, { fresh: hint => draft.fresh(hint), bound })
  draft.remove(node)
  for (const each of copy.nodes) draft.insert(each)
  node.outputs.forEach((output, at) => {
    const inner = branch.outputs[at]?.name ?? ''
    if (output === '') return
    draft.add({
      op: 'Identity',
      inputs: [copy.names.get(inner) ?? inner],
      outputs: [output],
      origins: node.origins,
    })
  })
}
