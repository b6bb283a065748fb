// Puts a graph into a graph: copies its nodes and weights under free names and wires its inputs to values that are there.
import { difference } from '../check/difference.ts'
import { keyOf } from '../check/functions.ts'
import { Draft } from '../draft.ts'
import { DamsonError } from '../error.ts'
import { Graph, type FunctionDefinition, type Node } from '../ir.ts'
import { walk } from '../scope.ts'
import { copyNodes } from './copy-nodes.ts'
import { mergeOpsets } from './opsets.ts'
import { valueError } from './region.ts'

export interface InlineOptions {
  /** For each required input of the inserted graph, the value of the outer graph that it is fed with. */
  readonly inputs: Readonly<Record<string, string>>
  /** Outputs of the inserted graph that take the place of values of the outer graph: whoever used those uses these. */
  readonly replace?: Readonly<Record<string, string>>
  /** Goes before names, as in `vae/`; default none. Names that are taken get a number all the same. */
  readonly prefix?: string
}

export interface Inlined {
  readonly graph: Graph
  /** What the outputs of the inserted graph are called now. */
  readonly outputs: ReadonlyMap<string, string>
}

/**
 * The graph with another one inserted. Throws `missing-input` for an input that is not wired, `unknown-value` for a name
 * that is no value, `opset-mismatch` where versions differ in an operator in use, `function-clash` for functions of one name.
 */
export function inline(graph: Graph, other: Graph, options: InlineOptions): Inlined {
  const { prefix = '' } = options
  const draft = new Draft(graph)
  const fresh = (hint: string): string => draft.fresh(`${prefix}${hint}`)
  const names = new Map<string, string>()
  for (const { name } of other.inputs) {
    const value = options.inputs[name]
    if (value !== undefined && !isValue(graph, value)) throw valueError(value, 'of the outer graph')
    if (value !== undefined) names.set(name, value)
    else if (other.requiredInputs().some(input => input.name === name)) throw missingInput(name)
  }
  for (const { name, tensor, origins } of other.initializers.values()) {
    if (!names.has(name)) names.set(name, draft.addInitializer(`${prefix}${name}`, tensor, { origins }))
  }
  const copy = copyNodes(other.nodes, { fresh, bound: names })
  for (const node of copy.nodes) draft.insert(node)
  for (const [name, info] of other.types) {
    const renamed = copy.names.get(name)
    if (renamed !== undefined && info.type) draft.setType(renamed, info.type)
  }
  const outputs = new Map(other.outputs.map(({ name }) => [name, copy.names.get(name) ?? name]))
  for (const [output, replaced] of Object.entries(options.replace ?? {})) {
    const name = outputs.get(output)
    if (name === undefined) throw valueError(output, 'among the outputs of the inserted graph')
    if (!isValue(graph, replaced)) throw valueError(replaced, 'of the outer graph')
    outputs.set(output, takePlace(draft, replaced, name, new Set(copy.nodes)))
  }
  return { graph: withHeader(graph, other, draft), outputs }
}

/** Makes users of `old` use `name`, but for the nodes that were inserted, which may be fed with it. Returns the new name. */
function takePlace(draft: Draft, old: string, name: string, inserted: ReadonlySet<Node>): string {
  const current = new Set([...inserted].map(node => draft.current(node)))
  draft.redirect(old, name, use => !current.has(use.node))
  if (!draft.isOutput(old)) return name
  // An output of the graph keeps its name, so the old value gets another.
  rename(draft, old, draft.fresh(`${old}_before`))
  rename(draft, name, old)
  return old
}

function rename(draft: Draft, from: string, to: string): void {
  const producer = draft.producer(from)
  if (!producer) throw valueError(from, 'that a node makes, since it is to be renamed')
  draft.redirect(from, to, () => true)
  draft.replace(producer, {
    outputs: draft.current(producer).outputs.map(name => (name === from ? to : name)),
  })
}

function withHeader(graph: Graph, other: Graph, draft: Draft): Graph {
  const nodes = [...walk(other)].map(({ node }) => node)
  const header = {
    ...graph.header,
    irVersion: Math.max(graph.header.irVersion, other.header.irVersion),
    opsets: mergeOpsets(
      graph.header.opsets,
      other.header.opsets,
      nodes,
      `the inserted graph "${other.name}"`,
    ),
    functions: mergeFunctions(graph.header.functions, other.header.functions),
  }
  return new Graph({ ...draft.finish().fields(), header })
}

function mergeFunctions(
  ours: readonly FunctionDefinition[],
  theirs: readonly FunctionDefinition[],
): readonly FunctionDefinition[] {
  const known = new Map(ours.map(each => [keyOf(each), each]))
  const added = theirs.filter(each => {
    const same = known.get(keyOf(each))
    if (same && difference(alone(same), alone(each), { notes: false }) !== undefined) {
      throw new DamsonError(
        'function-clash',
        `Expected one function of the name ${each.domain}.${each.name}, but both graphs define it, differently. Inline functions in one of them first (inlineFunctions).`,
      )
    }
    return !same
  })
  return [...ours, ...added]
}

function alone(each: FunctionDefinition): Graph {
  const header = { irVersion: 10, opsets: new Map<string, number>(), functions: [each] }
  return new Graph({ name: '', inputs: [], outputs: [], initializers: new Map(), nodes: [], header })
}

function isValue(graph: Graph, name: string): boolean {
  return graph.producer(name) !== undefined || graph.initializers.has(name) || graph.isInput(name)
}

function missingInput(name: string): DamsonError {
  return new DamsonError(
    'missing-input',
    `Expected a value for input "${name}" of the inserted graph, but none was given. Name one in inputs: { "${name}": … }.`,
  )
}
