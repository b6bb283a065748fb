// One operator call as an inference rule sees it: facts of the inputs, attributes with their defaults, a place for
// problems, and a way into nested bodies. A rule is a pure function of it.
import type { DataType } from '../dtype.ts'
import type { Attribute, Body, Dim, Node, ValueType } from '../ir.ts'
import { concreteElements, unknown, type Fact } from './fact.ts'

/** Facts of a node's outputs, in order; missing ones are unknown. */
export type Rule = (call: Call) => readonly Fact[]
export type RuleTable = Readonly<Record<string, Rule>>

export interface CallFields {
  readonly node: Node
  /** Version in force of the node's operator set. */
  readonly opset: number
  readonly inputs: readonly (Fact | undefined)[]
  readonly report: (problem: string) => void
  /** Infers a nested body for given inputs; the last time counts for the body's types. */
  readonly enter: (body: Body, inputs: readonly Fact[]) => readonly Fact[]
}

export class Call {
  readonly node: Node
  readonly opset: number
  readonly report: (problem: string) => void
  readonly enter: CallFields['enter']
  readonly #inputs: readonly (Fact | undefined)[]

  constructor(fields: CallFields) {
    this.node = fields.node
    this.opset = fields.opset
    this.report = fields.report
    this.enter = fields.enter
    this.#inputs = fields.inputs
  }

  /** Number of inputs written, absent ones in between included. */
  get count(): number {
    return this.#inputs.length
  }
  get facts(): readonly Fact[] {
    return this.#inputs.map(fact => fact ?? unknown)
  }
  has(at: number): boolean {
    return this.#inputs[at] !== undefined
  }
  fact(at: number): Fact {
    return this.#inputs[at] ?? unknown
  }
  type(at: number): ValueType | undefined {
    return this.#inputs[at]?.type
  }
  dtype(at: number): DataType | undefined {
    const type = this.type(at)
    return type?.kind === 'tensor' || type?.kind === 'sparse-tensor' ? type.dtype : undefined
  }
  /** Undefined when the rank is unknown (or the input absent). */
  shape(at: number): readonly Dim[] | undefined {
    const type = this.type(at)
    return type?.kind === 'tensor' || type?.kind === 'sparse-tensor' ? type.shape : undefined
  }
  elements(at: number): readonly Dim[] | undefined {
    return this.#inputs[at]?.elements
  }
  /** The elements if all are numbers. */
  numbers(at: number): readonly number[] | undefined {
    return concreteElements(this.elements(at))
  }
  /** The only element, if the input holds one. */
  scalar(at: number): Dim | undefined {
    const elements = this.elements(at)
    return elements?.length === 1 ? elements[0] : undefined
  }

  attribute(name: string): Attribute | undefined {
    return this.node.attributes.get(name)
  }
  int(name: string): number | undefined
  int(name: string, otherwise: number): number
  int(name: string, otherwise?: number): number | undefined {
    const attribute = this.attribute(name)
    return attribute?.type === 'int' ? Number(attribute.value) : otherwise
  }
  ints(name: string): readonly number[] | undefined {
    const attribute = this.attribute(name)
    return attribute?.type === 'ints' ? attribute.value.map(Number) : undefined
  }
  text(name: string, otherwise: string): string {
    const attribute = this.attribute(name)
    return attribute?.type === 'string' && typeof attribute.value === 'string' ? attribute.value : otherwise
  }
  body(name: string): Body | undefined {
    const attribute = this.attribute(name)
    return attribute?.type === 'graph' ? attribute.value : undefined
  }

  /** An axis counted from the front; undefined, and reported, when it is outside the rank. */
  axis(axis: number, rank: number): number | undefined {
    const from = axis < 0 ? axis + rank : axis
    if (from >= 0 && from < rank && Number.isInteger(from)) return from
    this.report(`axis ${axis} is outside a tensor of rank ${rank}`)
    return undefined
  }
  /** Several axes counted from the front; undefined when one is outside the rank. */
  axes(axes: readonly number[], rank: number): readonly number[] | undefined {
    const found = axes.flatMap(axis => this.axis(axis, rank) ?? [])
    return found.length === axes.length ? found : undefined
  }
  /** Reports a problem; nothing is known then. */
  fail(problem: string): readonly Fact[] {
    this.report(problem)
    return []
  }
}
