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
  const heirs = heirsOf(edit)
  const kept = new Set(heirs.values())
  for (const { node } of roots) if (!kept.has(node)) draft.remove(node)
  for (const node of plan.nodes) {
    const added = addNode(edit, node, node.inputs.map(name), heirs.get(node))
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

/** Which replaced node each planned one stands for: it takes over its name, its place and its notes. */
function heirsOf({ plan, roots }: Edit): ReadonlyMap<PlannedNode, Node> {
  const heirs = new Map<PlannedNode, Node>()
  const given = new Set<Node>()
  roots.forEach(({ node }, at) => {
    const root = plan.roots[at]
    if (typeof root !== 'object' || !('node' in root) || heirs.has(root.node) || given.has(node)) return
    heirs.set(root.node, node)
    given.add(node)
  })
  return heirs
}

/** Adds a planned node; outputs that replace others have their names, optional ones that nobody reads have none. */
function addNode(
  { draft, plan, roots, matched }: Edit,
  planned: PlannedNode,
  inputs: readonly string[],
  before: Node | undefined,
): Node {
  const { op, domain, attributes, name } = planned
  const outputs = Array.from({ length: planned.outputs }, (_, output) => {
    const at = plan.roots.findIndex(root => isOutputOf(root, planned, output))
    const known = roots[at]?.output
    if (known !== undefined) return known
    return output < planned.required || isRead(plan, planned, output)
      ? draft.fresh(`${name ?? op}_output`)
      : ''
  })
  const origins = [...new Set(matched.flatMap(node => node.origins))]
  const fields = { op, domain, inputs, outputs, attributes, origins }
  if (before)
    return draft.replace(before, name === undefined ? fields : { ...fields, name: draft.fresh(name) })
  const metadata = roots[0]?.node.metadata
  return draft.add({ ...fields, ...(name === undefined ? {} : { name }), ...(metadata ? { metadata } : {}) })
}

/** Also true for what is the root of a value that keeps its own name. */
function isRead(plan: Plan, node: PlannedNode, output: number): boolean {
  const reads = (input: PlannedInput): boolean => isOutputOf(input, node, output)
  return plan.roots.some(reads) || plan.nodes.some(({ inputs }) => inputs.some(reads))
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
  for (let gone = true; gone;) {
    gone = false
    for (const each of matched) {
      const node = draft.current(each)
      if (replaced.has(each) || !draft.has(node) || !node.outputs.every(unused)) continue
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
