// From the terms of a replacement to nodes that can be made: everything that may go wrong (an operator that the opset does
// not have, a constant of unknown type) is found here, as a refusal, before anything is edited.
import { dataTypeOfText, type DataType } from '../dtype.ts'
import { DamsonError, isRefusal, refuse, type Refusal } from '../error.ts'
import type { Attribute } from '../ir.ts'
import { attributeFrom } from '../ops/attributes.ts'
import { printTerm } from '../ops/print-term.ts'
import { schemaOf, type Schema } from '../ops/schema.ts'
import { Constant, Term, Variable, type Call, type In } from '../ops/term.ts'
import { Value } from '../scope.ts'
import type { Tensor } from '../tensor.ts'
import { literalTensor, type Literal } from './literal.ts'
import type { Place, Replacement } from './rule.ts'

/** What an input of a planned node is: the name of a value (`''` absent), a new constant, or an output of a planned node. */
export type PlannedInput = string | PlannedConstant | { readonly node: PlannedNode; readonly output: number }

/** `hint`: the name that it would have. */
export interface PlannedConstant {
  readonly constant: Tensor
  readonly hint: string
  readonly origins: readonly string[]
}

/** A node to be made. `outputs`: how many it needs at least; `required`: how many of them cannot be left out. */
export interface PlannedNode {
  readonly op: string
  readonly domain: string
  readonly name: string | undefined
  readonly inputs: readonly PlannedInput[]
  readonly attributes: ReadonlyMap<string, Attribute>
  outputs: number
  readonly required: number
}

export interface Plan {
  /** In an order in which they can be added. */
  readonly nodes: readonly PlannedNode[]
  /** One for each replaced output. */
  readonly roots: readonly PlannedInput[]
}

/** Plans the replacements of some outputs. `replaced`: those outputs, whose types serve constants of unknown type. */
export function planReplacement(
  replacements: readonly Replacement[],
  replaced: readonly Value[],
  place: Place,
): Plan | Refusal {
  const planner = new Planner(place)
  const roots: PlannedInput[] = []
  for (const [at, replacement] of replacements.entries()) {
    const root = planner.input(replacement, replaced[at]?.dtype)
    if (isRefusal(root)) return root
    roots.push(root)
  }
  return { nodes: [...planner.nodes.values()], roots }
}

class Planner {
  readonly nodes = new Map<Call, PlannedNode>()
  readonly #place: Place

  constructor(place: Place) {
    this.#place = place
  }

  /** `dtype`: the element type that the place asks for, where it is known. */
  input(given: In, dtype: DataType | undefined): PlannedInput | Refusal {
    if (given === undefined) return ''
    if (given instanceof Value) return given.name
    if (given instanceof Term) return this.#call(given, dtype)
    if (given instanceof Constant && !(given.of instanceof Variable)) {
      const origins = [...new Set(given.from.flatMap(originsOf))]
      return { constant: given.of, hint: given.name ?? given.from[0]?.name ?? 'constant', origins }
    }
    if (!isLiteral(given)) throw misplaced(given)
    if (dtype === undefined) return refuse(`the element type of the constant ${printTerm(given)} is unknown`)
    const hint = typeof given === 'number' ? `constant_${String(given).replace(/[^\w]/g, '_')}` : 'constant'
    return { constant: literalTensor(given, dtype), hint, origins: [] }
  }

  #call(term: Term, dtype: DataType | undefined): PlannedInput | Refusal {
    const { call, output, label } = term
    const known = this.nodes.get(call)
    if (known) {
      known.outputs = Math.max(known.outputs, output + 1)
      return { node: known, output }
    }
    const schema = schemaOf(call.domain, call.op, this.#opset(call.domain))
    const problem = schemaProblem(call, schema)
    if (problem !== undefined) return refuse(problem)
    const inputs: PlannedInput[] = []
    for (const at of call.inputs.keys()) {
      const input = this.input(call.inputs[at], this.#wanted(call, at, schema, dtype))
      if (isRefusal(input)) return input
      inputs.push(input)
    }
    const attributes = planAttributes(call, schema)
    const name = typeof label === 'string' ? label : undefined
    const required = schema?.minOutputs ?? 1
    const outputs = Math.max(output + 1, required)
    const made = { op: call.op, domain: call.domain, name, inputs: trimmed(inputs), attributes }
    const node = { ...made, outputs, required }
    this.nodes.set(call, node)
    return { node, output }
  }

  /** com.microsoft has one version and is imported when it is needed; so are other domains, as version 1. */
  #opset(domain: string): number {
    return this.#place.opset(domain) || 1
  }

  /** The element type of an input: by its schema, from an input of the same type parameter, or from the result's. */
  #wanted(
    call: Call,
    at: number,
    schema: Schema | undefined,
    result: DataType | undefined,
  ): DataType | undefined {
    const type = parameterType(schema, at)
    if (type === undefined || type.includes('(')) return concrete(type)
    const peers = call.inputs.filter((_, other) => other !== at && parameterType(schema, other) === type)
    const known = peers.map(peer => this.#dtypeOf(peer)).find(each => each !== undefined)
    return known ?? (schema?.outputs[0]?.type === type ? result : undefined)
  }

  #dtypeOf(given: In): DataType | undefined {
    if (given instanceof Value) return given.dtype
    if (given instanceof Constant) return given.of instanceof Variable ? undefined : given.of.dtype
    if (!(given instanceof Term)) return undefined
    const { call, output } = given
    const schema = schemaOf(call.domain, call.op, this.#opset(call.domain))
    const type = schema?.outputs[Math.min(output, schema.outputs.length - 1)]?.type
    if (type === undefined || type.includes('(')) return concrete(type)
    const peers = call.inputs.filter((_, at) => parameterType(schema, at) === type)
    return peers.map(peer => this.#dtypeOf(peer)).find(each => each !== undefined)
  }
}

/** Origins of a weight, in whatever body and form it stands. */
function originsOf({ home, name }: Value): readonly string[] {
  return home.body.initializers.get(name)?.origins ?? home.body.producer(name)?.origins ?? []
}

function isLiteral(given: In): given is Literal {
  return typeof given === 'number' || Array.isArray(given)
}

function parameterType(schema: Schema | undefined, at: number): string | undefined {
  return schema?.inputs[Math.min(at, schema.inputs.length - 1)]?.type
}

/** `tensor(int64)` to int64. */
function concrete(type: string | undefined): DataType | undefined {
  const text = /^tensor\((\w+)\)$/.exec(type ?? '')?.[1]
  return text === undefined ? undefined : dataTypeOfText(text)
}

function schemaProblem({ op, domain, inputs }: Call, schema: Schema | undefined): string | undefined {
  const full = domain === '' ? op : `${domain}.${op}`
  const known = domain === '' || domain === 'com.microsoft' || domain === 'ai.onnx.ml'
  if (!schema) return known ? `${full} does not exist at this opset` : undefined
  if (schema.deprecated) return `${full} is deprecated at this opset`
  // Absent optional inputs at the end are not written.
  const written = inputs.findLastIndex(input => input !== undefined) + 1
  const fits = written >= schema.minInputs && written <= schema.maxInputs
  return fits ? undefined : `${full} does not take ${written} inputs at this opset`
}

function planAttributes(
  { op, attributes }: Call,
  schema: Schema | undefined,
): ReadonlyMap<string, Attribute> {
  const planned = new Map<string, Attribute>()
  for (const [name, given] of attributes) {
    const kind = schema?.attributes.get(name)?.type
    const attribute = kind ? attributeFrom(kind, given) : guessed(given)
    if (!attribute || (schema && !kind)) {
      throw new DamsonError(
        'term',
        `Expected ${kind ? `attribute ${name} of ${op} to be ${kind}` : `an attribute that ${op} has`}, got ${name}. Correct the replacement of the rule.`,
      )
    }
    planned.set(name, attribute)
  }
  return planned
}

/** An attribute of an operator without schema: whole numbers are int, others float. */
function guessed(given: Parameters<typeof attributeFrom>[1]): Attribute | undefined {
  const kinds = ['int', 'float', 'ints', 'floats', 'string', 'strings', 'tensor', 'graph', 'type'] as const
  if (typeof given === 'object' && 'type' in given && 'value' in given) return given
  return kinds.map(kind => attributeFrom(kind, given)).find(each => each !== undefined)
}

/** Absent optional inputs at the end are not written. */
function trimmed(inputs: readonly PlannedInput[]): readonly PlannedInput[] {
  return inputs.slice(0, inputs.findLastIndex(input => input !== '') + 1)
}

function misplaced(given: In): DamsonError {
  return new DamsonError(
    'term',
    `Expected a replacement made of calls, values, constants and numbers, got ${printTerm(given)}, which only a pattern can hold. Build with the bound values that \`build\` is given.`,
  )
}
