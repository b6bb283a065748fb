// A term is an expression of operator calls, as data. With variables as leaves it is a pattern, with values as leaves a
// piece of graph to insert: one vocabulary for both sides of a rule. Making a term does nothing but make it.
import { DamsonError } from '../error.ts'
import type { Attribute, Body, ValueType } from '../ir.ts'
import { Value } from '../scope.ts'
import type { Tensor } from '../tensor.ts'

/**
 * What an operator takes. A number is a scalar constant, a list a 1-D one; `undefined` is an absent optional input.
 * In a pattern a number that the element type holds exactly must be equal; others within its rounding.
 */
export type In = Term | Variable | Choice | Constant | Value | number | readonly number[] | undefined

export type Float = number | Attribute
export type Floats = readonly number[] | Attribute
export type Int = number | bigint | Attribute
export type Ints = readonly (number | bigint)[] | Attribute
export type Text = string | Attribute
export type Texts = readonly string[] | Attribute
export type TensorGiven = Tensor | Attribute
export type BodyGiven = Body | Attribute
export type TypeGiven = ValueType | Attribute
/** An attribute as written in a term: a plain value whose kind the schema knows, or an attribute of a node. */
export type AttributeGiven = Float | Floats | Int | Ints | Text | Texts | TensorGiven | BodyGiven | TypeGiven
/** Attributes of a call: a record, or those of a node as they are. */
export type Attributes<T> = T | ReadonlyMap<string, Attribute>

/** One operator call. Its identity matters: a call used twice in a term is one node. */
export interface Call {
  readonly op: string
  readonly domain: string
  readonly inputs: readonly In[]
  readonly attributes: ReadonlyMap<string, AttributeGiven>
  /** In a pattern: the node may have users outside of the match; then it stays. */
  readonly shared: boolean
}

/** One output of an operator call, the first unless `outputs` says otherwise. */
export class Term {
  readonly call: Call
  readonly output: number
  /** In a pattern the variable bound to this output; in a replacement the name of the node. */
  readonly label: Variable | string | undefined

  constructor(call: Call, output = 0, label?: Variable | string) {
    this.call = call
    this.output = output
    this.label = label
  }

  /** Binds a declared variable to this output (in a pattern), or names the node (in a replacement). */
  as(label: Variable | string): Term {
    return new Term(this.call, this.output, label)
  }

  /** The first outputs of the call: `const [q, scale] = op.DynamicQuantizeLinear(x).outputs(2)`. */
  outputs(count: 1): readonly [Term]
  outputs(count: 2): readonly [Term, Term]
  outputs(count: 3): readonly [Term, Term, Term]
  outputs(count: number): readonly Term[]
  outputs(count: number): readonly Term[] {
    return Array.from({ length: count }, (_, output) => new Term(this.call, output))
  }

  /** In a pattern: this node may be used elsewhere too; then it stays in the graph. */
  shared(): Term {
    return new Term({ ...this.call, shared: true }, this.output, this.label)
  }
}

/** A leaf of a pattern: any value, an absent optional input (`optional`), or the inputs that are left (`rest`). */
export class Variable {
  readonly name: string
  readonly kind: 'one' | 'optional' | 'rest'

  constructor(name: string, kind: 'one' | 'optional' | 'rest' = 'one') {
    this.name = name
    this.kind = kind
  }
}

/** Alternatives, tried in order. */
export class Choice {
  readonly terms: readonly (Term | Variable | Constant)[]

  constructor(terms: readonly (Term | Variable | Constant)[]) {
    this.terms = terms
  }
}

/** In a pattern: a variable that must be bound to a constant. In a replacement: a new initializer. */
export class Constant {
  readonly of: Variable | Tensor
  readonly name: string | undefined
  /** Values whose origins the new initializer takes over. */
  readonly from: readonly Value[]

  constructor(of: Variable | Tensor, options: ConstantOptions = {}) {
    this.of = of
    this.name = options.name
    this.from = options.from ?? []
  }
}

export interface ConstantOptions {
  /** Name of the new initializer, made unique; default: that of the first of `from`. */
  readonly name?: string
  /** The weights that it was made of, for provenance. */
  readonly from?: readonly Value[]
}

/** `constant(w)` in a pattern matches only a constant; `constant(tensor, { from: [w] })` in a replacement makes one. */
export function constant(of: Variable | Tensor, options?: ConstantOptions): Constant {
  return new Constant(of, options)
}

/** Matches if one of the terms does, the first that does. */
export function anyOf(...terms: readonly (Term | Variable | Constant)[]): Choice {
  return new Choice(terms)
}

/** A call of any operator or function: `call('my.domain', 'MyOp', [x], { alpha: 1 })`. */
export function call(
  domain: string,
  op: string,
  inputs: readonly In[],
  attributes: Attributes<Readonly<Record<string, AttributeGiven>>> = {},
): Term {
  return new Term({ op, domain, inputs, attributes: attributeMap(attributes), shared: false })
}

/** Makes the builders of a domain; attributes come last, after as many inputs as are written. */
/* @__NO_SIDE_EFFECTS__ */
export function builder(domain: string): (op: string) => (...given: readonly (In | object)[]) => Term {
  return op =>
    (...given) => {
      const last = given.at(-1)
      const written = last !== undefined && !isIn(last) ? last : undefined
      const inputs = written === undefined ? given : given.slice(0, -1)
      if (!inputs.every(isIn)) throw misplaced(domain, op)
      const attributes = attributeMap(written ?? {})
      return new Term({ op, domain, inputs, attributes, shared: false })
    }
}

function misplaced(domain: string, op: string): DamsonError {
  const name = domain === '' ? op : `${domain}.${op}`
  return new DamsonError(
    'term',
    `Expected the inputs of ${name} (terms, variables, values, numbers) and then its attributes, but something else stands among the inputs. Write the attributes as the last argument.`,
  )
}

function attributeMap(given: object): ReadonlyMap<string, AttributeGiven> {
  const entries = given instanceof Map ? given : new Map<string, AttributeGiven>(Object.entries(given))
  return new Map([...entries].filter(([, value]) => value !== undefined))
}

function isIn(given: unknown): given is In {
  if (typeof given === 'number' || given === undefined || Array.isArray(given)) return true
  return [Term, Variable, Choice, Constant, Value].some(kind => given instanceof kind)
}
