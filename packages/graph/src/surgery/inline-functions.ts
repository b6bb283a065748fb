// Model-local functions put where they are called, so that everything behind sees plain operators. Definitions are expanded
// first, so a call is replaced once; the nodes that come from a call have the origins of the call.
import { keyOf } from '../check/functions.ts'
import { functionKey } from '../check/operators.ts'
import { Draft } from '../draft.ts'
import { DamsonError } from '../error.ts'
import { Graph, type Body, type FunctionDefinition, type Header, type Node } from '../ir.ts'
import { mapBodies, nodeIdentity, scopeOf, walk, type Scope } from '../scope.ts'
import { copyNodes, resolveReferences } from './copy-nodes.ts'
import { mergeOpsets } from './opsets.ts'

/**
 * The model without functions of its own. Throws `recursion` when a function calls itself, and `opset-mismatch` when one
 * is written for another version of an operator than the model imports.
 */
export function inlineFunctions(graph: Graph): Graph {
  if (graph.header.functions.length === 0) return graph
  const expansion = new Expansion(graph.header)
  const expanded = mapBodies(graph, (body, scope) => expansion.body(body, scope))
  const used = new Set([...walk(expanded)].map(({ node }) => node.domain))
  const opsets = new Map([...expansion.opsets].filter(([domain]) => domain === '' || used.has(domain)))
  return expanded.with({ header: { ...graph.header, opsets, functions: [] } })
}

class Expansion {
  /** What the model imports, and what its functions add to it. */
  opsets: ReadonlyMap<string, number>
  readonly #header: Header
  readonly #definitions: ReadonlyMap<string, FunctionDefinition>
  readonly #expanded = new Map<string, Graph>()
  readonly #open: string[] = []

  constructor(header: Header) {
    this.opsets = header.opsets
    this.#header = header
    this.#definitions = new Map(header.functions.map(each => [keyOf(each), each]))
  }

  /** A body, whose nested bodies are done, without calls. */
  body(body: Body, scope: Scope): Body {
    const calls = body.nodes.filter(node => this.#definitions.has(functionKey(node)))
    if (calls.length === 0) return body
    const draft = new Draft(body, scope)
    for (const call of calls) this.#replace(draft, call)
    return draft.finish()
  }

  #replace(draft: Draft, call: Node): void {
    const key = functionKey(call)
    const definition = this.#definitions.get(key)
    if (!definition) return
    const inner = this.#expand(key, definition)
    // An absent input of the call is absent inside.
    const bound = new Map(definition.inputs.map((name, at) => [name, call.inputs[at] ?? '']))
    const passed = new Map<string, string>()
    definition.outputs.forEach((name, at) => {
      const output = call.outputs[at] ?? ''
      if (output === '') return
      if (bound.has(name)) passed.set(output, bound.get(name) ?? '')
      else bound.set(name, output)
    })
    draft.remove(call)
    const prefix = nodeIdentity(call)
    const { nodes } = copyNodes(inner.nodes, {
      fresh: hint => draft.fresh(`${prefix}/${hint}`),
      bound,
      change: node => ({
        ...resolveReferences(node, name => call.attributes.get(name) ?? definition.defaults.get(name)),
        origins: call.origins,
      }),
    })
    for (const node of nodes) draft.insert(node)
    // An output that is an input of the function, or the same as another output, needs a node to carry it.
    for (const [output, value] of passed)
      draft.add({ op: 'Identity', inputs: [value], outputs: [output], origins: call.origins })
  }

  /** A definition as a graph without calls. */
  #expand(key: string, definition: FunctionDefinition): Graph {
    const known = this.#expanded.get(key)
    if (known) return known
    const name = `${definition.domain}.${definition.name}`
    if (this.#open.includes(key)) throw recursionError(name)
    this.#open.push(key)
    const plain = asGraph(definition, this.#header)
    const expanded = mapBodies(plain, (body, scope) => this.body(body, scope))
    this.#open.pop()
    const nodes = [...walk(scopeOf(plain))]
      .map(({ node }) => node)
      .filter(node => !this.#definitions.has(functionKey(node)))
    this.opsets = mergeOpsets(this.opsets, definition.opsets, nodes, `the function ${name}`)
    this.#expanded.set(key, expanded)
    return expanded
  }
}

function asGraph({ name, inputs, outputs, nodes }: FunctionDefinition, header: Header): Graph {
  const infos = (names: readonly string[]): { name: string }[] => names.map(each => ({ name: each }))
  const fields = { name, inputs: infos(inputs), outputs: infos(outputs), nodes }
  return new Graph({ ...fields, initializers: new Map(), header })
}

function recursionError(name: string): DamsonError {
  return new DamsonError(
    'recursion',
    `Expected functions that do not call themselves, but ${name} does, itself or through others. ONNX has no recursion.`,
  )
}
