// Single assignment: every name is defined once, before its use, and outputs are produced. Names of outer bodies are seen
// from nested ones, from the node on that holds them.
import type { Body, Node } from '../ir.ts'
import { innerScopes, type Scope } from '../scope.ts'
import { placeOf, type Problem } from './problem.ts'

/** Names as seen from a place in the node list. */
interface Visible {
  /** Defined by now, here or outside. */
  has(name: string): boolean
  /** Defined further down, here or outside. */
  comes(name: string): boolean
}

const nothing: Visible = { has: () => false, comes: () => false }

/** Problems of the names of a body and of all bodies nested in it. Linear in nodes. */
export function checkNames(scope: Scope): readonly Problem[] {
  return checkBody(scope, nothing)
}

function checkBody(scope: Scope, outer: Visible): Problem[] {
  const { body, path } = scope
  const names = new Names(body, path, outer)
  for (const { name } of body.inputs) names.define(name, 'graph input')
  for (const name of [...body.initializers.keys(), ...body.sparseInitializers.keys()]) {
    if (!body.isInput(name)) names.define(name, 'initializer')
  }
  for (const node of body.nodes) {
    for (const name of node.inputs) names.use(name, node)
    for (const inner of innerScopes(scope, node)) names.problems.push(...checkBody(inner, names))
    for (const name of node.outputs) names.define(name, placeOf(node, path), node)
  }
  names.checkOutputs()
  return names.problems
}

class Names implements Visible {
  readonly problems: Problem[] = []
  readonly #body: Body
  readonly #path: string
  readonly #outer: Visible
  readonly #defined = new Map<string, string>()
  readonly #produced: ReadonlySet<string>

  constructor(body: Body, path: string, outer: Visible) {
    this.#body = body
    this.#path = path
    this.#outer = outer
    this.#produced = new Set(body.nodes.flatMap(node => node.outputs))
  }

  has(name: string): boolean {
    return this.#defined.has(name) || this.#outer.has(name)
  }
  comes(name: string): boolean {
    return this.#produced.has(name) || this.#outer.comes(name)
  }

  define(name: string, by: string, node?: Node): void {
    if (name === '') return
    const before = this.#defined.get(name)
    if (before !== undefined) {
      this.#report('duplicate-name', 'error', name, node,
        `"${name}" is defined by ${before} and again by ${by}. Rename one of them.`) // prettier-ignore
    } else if (this.#outer.has(name)) {
      this.#report('shadowed-name', 'warning', name, node,
        `${by} defines "${name}", which a body around it defines too. Rename the inner one.`) // prettier-ignore
    }
    this.#defined.set(name, by)
  }

  use(name: string, node: Node): void {
    if (name === '' || this.has(name)) return
    const place = placeOf(node, this.#path)
    if (this.comes(name)) {
      this.#report('order', 'error', name, node,
        `${place} uses "${name}" before it is produced. Put its producer first; a Draft's finish() sorts.`) // prettier-ignore
    } else {
      this.#report('undefined-name', 'error', name, node,
        `${place} uses "${name}", which no node, input or initializer defines. Add it, or rename the input.`) // prettier-ignore
    }
  }

  checkOutputs(): void {
    const seen = new Set<string>()
    const where = this.#path === '' ? 'the graph' : this.#path
    for (const { name } of this.#body.outputs) {
      if (seen.has(name)) {
        this.#report('duplicate-output', 'error', name, undefined,
          `Output "${name}" of ${where} is listed twice. Put an Identity before one of them.`) // prettier-ignore
      }
      seen.add(name)
      if (this.#defined.has(name)) continue
      if (this.#outer.has(name)) {
        this.#report('outer-output', 'error', name, undefined,
          `Output "${name}" of ${where} comes from outside, which ONNX Runtime refuses. Put an Identity before it.`) // prettier-ignore
      } else {
        this.#report('missing-output', 'error', name, undefined,
          `Output "${name}" of ${where} is not produced. Remove it, or add the node that makes it.`) // prettier-ignore
      }
    }
  }

  #report(
    code: Problem['code'],
    severity: Problem['severity'],
    name: string,
    node: Node | undefined,
    message: string,
  ): void {
    this.problems.push({ code, severity, message, path: this.#path, name, ...(node ? { node } : {}) })
  }
}
