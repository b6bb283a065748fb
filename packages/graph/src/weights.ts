// A weight is one constant tensor with all its consumers, in every body: initializers and Constant nodes alike.
import type { Node } from './ir.ts'
import { resolve, scopes, walk, type Scope } from './scope.ts'
import type { Tensor } from './tensor.ts'

export interface WeightUse {
  readonly node: Node
  readonly input: number
  readonly scope: Scope
}

export interface Weight {
  /** Name of the value. */
  readonly name: string
  /** Unique in the graph: the name, behind the path of its body when it is nested. */
  readonly id: string
  readonly tensor: Tensor
  /** The scope that defines it. */
  readonly scope: Scope
  readonly storage: 'initializer' | 'constant'
  /** Every input slot it feeds, in all bodies. A weight that is itself a graph output says so in `isOutput`. */
  readonly uses: readonly WeightUse[]
  readonly isOutput: boolean
  /** Names of the original weights it came from; none if damson made it. */
  readonly origins: readonly string[]
}

/** All weights of a graph, in order of definition. Linear in nodes. */
export function weights(top: Parameters<typeof walk>[0]): readonly Weight[] {
  const uses = new Map<string, WeightUse[]>()
  for (const { scope, node } of walk(top)) {
    node.inputs.forEach((name, input) => {
      const home = name === '' ? undefined : resolve(scope, name)
      if (!home || !home.body.tensor(name)) return
      const id = idIn(home, name)
      const list = uses.get(id)
      if (list) list.push({ node, input, scope })
      else uses.set(id, [{ node, input, scope }])
    })
  }
  return [...scopes(top)].flatMap(scope => defined(scope, uses))
}

function defined(scope: Scope, uses: ReadonlyMap<string, readonly WeightUse[]>): readonly Weight[] {
  const { body } = scope
  const make = (
    name: string,
    tensor: Tensor,
    storage: Weight['storage'],
    origins: readonly string[],
  ): Weight => {
    const id = idIn(scope, name)
    return {
      name,
      id,
      tensor,
      scope,
      storage,
      uses: uses.get(id) ?? [],
      isOutput: body.isOutput(name),
      origins,
    }
  }
  const initializers = [...body.initializers.values()].map(each =>
    make(each.name, each.tensor, 'initializer', each.origins),
  )
  const constants = body.nodes.flatMap(node => {
    const name = node.op === 'Constant' ? node.outputs[0] : undefined
    const tensor = name === undefined ? undefined : body.tensor(name)
    return name === undefined || !tensor ? [] : [make(name, tensor, 'constant', node.origins)]
  })
  return [...initializers, ...constants]
}

function idIn(scope: Scope, name: string): string {
  return scope.path === '' ? name : `${scope.path}/${name}`
}
