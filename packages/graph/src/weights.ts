// A weight is one constant tensor with all its consumers, in every body: initializers and Constant nodes alike.
import type { Body, Node } from './ir.ts'
import { resolve, scopeOf, scopes, walk, type Scope } from './scope.ts'
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
  /** Every input slot it feeds, in all bodies. A weight that is itself an output of some body says so in `isOutput`. */
  readonly uses: readonly WeightUse[]
  readonly isOutput: boolean
  /** Names of the original weights it came from; none if damson made it. */
  readonly origins: readonly string[]
}

/** What was found for a body before. Bodies are immutable, so this is memory of a pure function, not state. */
const found = new WeakMap<Body, readonly Weight[]>()

/** All weights of a graph, in order of definition. Linear in nodes the first time; a body is asked many times. */
export function weights(top: Body | Scope): readonly Weight[] {
  if ('path' in top) return findWeights(top)
  const before = found.get(top)
  if (before) return before
  const all = findWeights(scopeOf(top))
  found.set(top, all)
  return all
}

interface Uses {
  readonly byId: Map<string, WeightUse[]>
  /** Weights that a nested body gives out as they are. */
  readonly givenOut: Set<string>
}

function findWeights(top: Scope): readonly Weight[] {
  const uses: Uses = { byId: new Map(), givenOut: new Set() }
  for (const { scope, node } of walk(top)) {
    node.inputs.forEach((name, input) => {
      const id = name === '' ? undefined : weightId(scope, name)
      if (id === undefined) return
      const list = uses.byId.get(id)
      if (list) list.push({ node, input, scope })
      else uses.byId.set(id, [{ node, input, scope }])
    })
  }
  const all = [...scopes(top)]
  for (const scope of all) {
    for (const { name } of scope.body.outputs) {
      const id = weightId(scope, name)
      if (id !== undefined) uses.givenOut.add(id)
    }
  }
  return all.flatMap(scope => defined(scope, uses))
}

/** The id of the weight behind a name, seen from a scope; undefined when it is no constant. */
function weightId(scope: Scope, name: string): string | undefined {
  const home = resolve(scope, name)
  return home?.body.tensor(name) ? idIn(home, name) : undefined
}

function defined(scope: Scope, { byId, givenOut }: Uses): readonly Weight[] {
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
      uses: byId.get(id) ?? [],
      isOutput: givenOut.has(id),
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
