// One replacement, done on a draft: new nodes take over the names of the outputs that they replace, matched nodes that
// nobody uses any more go, and origins pass from the matched nodes to the built ones.
import type { Draft } from '../draft.ts'
import type { Attribute, Node } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import type { Place } from './rule.ts'
import type { Plan, PlannedConstant, PlannedInput, PlannedNode } from './replacement.ts'

export interface Edit {
  readonly draft: Draft
  readonly plan: Plan
  /** Nodes whose outputs are replaced, and those outputs, one for each root of the plan. */
  readonly roots: readonly { readonly node: Node; readonly output: string }[]
  /** All matched nodes. */
  readonly matched: readonly Node[]
  /** Functions have no initializers: constants become Constant nodes there. */
  readonly kind: Place['kind']
}

/** Does the edit; returns the names of values around which something changed. */
export function applyEdit(edit: Edit): ReadonlySet<string> {
  const { draft, plan, roots, matched } = edit
  const touched = new Set(
    matched.flatMap(node => [...node.inputs, ...node.outputs]).filter(name => name !== ''),
  )
  for (const { output } of roots) {
    for (const { node } of draft.users(output)) for (const name of node.outputs) touched.add(name)
  }
  const made = new Map<PlannedNode, Node>()
  const name = (input: PlannedInput): string => {
    if (typeof input === 'string') return input
    if ('constant' in input) return addConstant(edit, input)
    return made.get(input.node)?.outputs[input.output] ?? ''
  }
  for (const { node } of roots) draft.remove(node)
  for (const node of plan.nodes) {
    const added = addNode(edit, node, node.inputs.map(name))
    made.set(node, added)
    for (const output of added.outputs) touched.add(output)
  }
  const renamed = new Map<string, string>()
  plan.roots.forEach((root, at) => {
    const output = roots[at]?.output ?? ''
    if (typeof root === 'object' && 'constant' in root) return putConstant(edit, root, output)
    if (draft.producer(output) !== undefined) return
    const value = renamed.get(name(root)) ?? name(root)
    standIn(draft, output, value)
    if (draft.producer(value) === undefined && draft.producer(output)) renamed.set(value, output)
  })
  sweep(edit)
  return touched
}

/** Adds a node: its outputs take the names that they replace, and the node that of the first node replaced by it. */
function addNode(
  { draft, plan, roots, matched }: Edit,
  planned: PlannedNode,
  inputs: readonly string[],
): Node {
  const replaced = roots.map((root, at) => ({ ...root, by: plan.roots[at] }))
  const outputs = Array.from({ length: planned.outputs }, (_, output) => {
    const found = replaced.find(({ by }) => isOutputOf(by, planned, output))
    return found?.output ?? draft.fresh(`${planned.name ?? planned.op}_output`)
  })
  const first = replaced.find(({ by }) => typeof by === 'object' && 'node' in by && by.node === planned)
  const origins = [...new Set(matched.flatMap(node => node.origins))]
  const metadata = (first ?? roots[0])?.node.metadata
  const { op, domain, attributes } = planned
  const node = draft.add({
    op, domain, inputs, outputs, attributes, origins,
    ...(planned.name === undefined ? {} : { name: planned.name }),
    ...(metadata ? { metadata } : {}),
  }) // prettier-ignore
  return first && planned.name === undefined ? draft.replace(node, { name: first.node.name }) : node
}

function isOutputOf(input: PlannedInput | undefined, node: PlannedNode, output: number): boolean {
  return typeof input === 'object' && 'node' in input && input.node === node && input.output === output
}

/** A value takes the place of a removed output: its users use the value, and what was known of its type stays known. */
function standIn(draft: Draft, output: string, value: string): void {
  const type = draft.typeOf(output)
  if (type && !draft.typeOf(value)) draft.setType(value, type)
  draft.redirect(output, value)
}

/** A new constant under the name of the output that it replaces. */
function putConstant({ draft, kind }: Edit, { constant, origins }: PlannedConstant, output: string): void {
  if (kind === 'graph') draft.setInitializer(output, constant, { origins })
  else
    draft.add({
      op: 'Constant',
      inputs: [],
      outputs: [output],
      attributes: valueAttribute(constant),
      origins,
    })
}

/** A new constant under a name of its own, or an equal small one that is there. */
function addConstant({ draft, kind }: Edit, { constant, hint, origins }: PlannedConstant): string {
  if (kind === 'graph')
    return sharedConstant(draft, constant) ?? draft.addInitializer(hint, constant, { origins })
  const attributes = valueAttribute(constant)
  return draft.add({ op: 'Constant', name: hint, inputs: [], attributes, origins }).outputs[0] ?? ''
}

function valueAttribute(value: Tensor): ReadonlyMap<string, Attribute> {
  return new Map([['value', { type: 'tensor', value }]])
}

/** An initializer that holds the same few elements already. */
function sharedConstant(draft: Draft, tensor: Tensor): string | undefined {
  if (tensor.byteLength > 64) return undefined
  const inputs = new Set(draft.inputs.map(input => input.name))
  for (const { name, tensor: other } of draft.initializers.values()) {
    if (other.byteLength !== tensor.byteLength || other.dtype !== tensor.dtype || inputs.has(name)) continue
    if (other.key === tensor.key) return name
  }
  return undefined
}

/** Removes matched nodes that nobody uses any more, users before producers, and the constants that only they used. */
function sweep({ draft, roots, matched }: Edit): void {
  const unused = (name: string): boolean =>
    name === '' || (draft.users(name).length === 0 && !draft.isOutput(name))
  const replaced = new Set(roots.map(root => root.node))
  const left = new Set([...replaced].flatMap(node => node.inputs))
  // Edits may have made new objects of inner nodes; their outputs have kept their names, or are in use.
  const inner = new Set(matched.filter(node => !replaced.has(node)).flatMap(node => node.outputs))
  for (let gone = true; gone;) {
    gone = false
    for (const name of inner) {
      const node = name === '' ? undefined : draft.producer(name)
      if (!node?.outputs.every(unused)) continue
      draft.remove(node)
      for (const input of node.inputs) left.add(input)
      gone = true
    }
  }
  const inputs = new Set(draft.inputs.map(input => input.name))
  for (const name of left) {
    if (name === '' || !unused(name) || inputs.has(name)) continue
    const producer = draft.producer(name)
    if (draft.initializers.has(name)) draft.removeInitializer(name)
    else if (producer?.op === 'Constant') draft.remove(producer)
  }
}
