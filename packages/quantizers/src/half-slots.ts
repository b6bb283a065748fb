// Which inputs and outputs of a node may hold 16-bit floats. The schema decides: all slots of one type parameter change
// together or not at all, what is `tensor(float)` in the schema (scales of Resize, boxes of NonMaxSuppression) stays, and an
// output whose type no input decides changes only where an attribute can say so.
import type { DataType } from '@damson/graph'
import { attributeOf, cpuKernelsOf, schemaOf, type Node, type Parameter, type Schema } from '@damson/graph'

/** The 16-bit floats that `half` converts to. */
export type HalfType = 'float16' | 'bfloat16'

/** Slots that change when the node does. */
export interface HalfSlots {
  readonly inputs: readonly boolean[]
  readonly outputs: readonly boolean[]
}

/** A node with the element types of its slots; undefined where a type is not known or is no tensor. */
export interface TypedNode {
  readonly node: Node
  readonly opset: number
  readonly inputs: readonly (DataType | undefined)[]
  readonly outputs: readonly (DataType | undefined)[]
}

/** Type parameters that stay: ONNX Runtime's Resize kernels take a region of interest in fp32 alone. */
const staying: Readonly<Record<string, readonly string[]>> = { Resize: ['T2'] }

/** Type parameters of outputs that follow one of the inputs unless an attribute is written (DequantizeLinear 23). */
const following: Readonly<
  Record<string, { readonly from: string; readonly to: string; readonly unless: string }>
> = {
  DequantizeLinear: { from: 'T2', to: 'T3', unless: 'output_dtype' },
}

/** Operators whose output type is an attribute that `half` rewrites. */
const typedByAttribute: ReadonlySet<string> = new Set(['Cast', 'ConstantOfShape'])

/** Operators that give out the type of an input unless told otherwise, in a parameter of its own: they stay as they are. */
const typedByLikeness: ReadonlySet<string> = new Set([
  'RandomNormalLike',
  'RandomUniformLike',
  'EyeLike',
  'Bernoulli',
])

/** Operators that read floats of any width alike: no cast is put in front of them. */
export function readsAnyFloat({ domain, op }: Node): boolean {
  return domain === '' && ['Cast', 'Shape', 'Size'].includes(op)
}

/** The slots of a node that may change; undefined when none may, or when a type that matters is not known. */
export function halfSlots(typed: TypedNode, type: HalfType): HalfSlots | undefined {
  const { node, opset } = typed
  const schema = schemaOf(node.domain, node.op, opset)
  if (!schema || (node.domain === '' && typedByLikeness.has(node.op))) return undefined
  const bound = bindSlots(typed, schema)
  const changing = new Set(
    [...bound].flatMap(([name, slots]) => (mayChange(typed, schema, name, slots, type) ? [name] : [])),
  )
  const follows = node.domain === '' ? following[node.op] : undefined
  if (follows && changing.has(follows.from) && !attributeOf(node, follows.unless)) changing.add(follows.to)
  const pick = (parameters: readonly Parameter[], dtypes: TypedNode['inputs']): readonly boolean[] =>
    dtypes.map((dtype, at) => dtype === 'float32' && changing.has(parameterAt(parameters, at)?.type ?? ''))
  const inputs = readsAnyFloat(node) ? typed.inputs.map(() => false) : pick(schema.inputs, typed.inputs)
  const outputs = pick(schema.outputs, typed.outputs)
  return inputs.includes(true) || outputs.includes(true) ? { inputs, outputs } : undefined
}

interface BoundSlots {
  readonly dtypes: (DataType | undefined)[]
  /** Some input decides the parameter. */
  read: boolean
}

/** The types met at every type parameter. */
function bindSlots({ node, inputs, outputs }: TypedNode, schema: Schema): ReadonlyMap<string, BoundSlots> {
  const bound = new Map<string, BoundSlots>()
  const bind = (
    names: readonly string[],
    parameters: readonly Parameter[],
    dtypes: TypedNode['inputs'],
    read: boolean,
  ): void =>
    names.forEach((name, at) => {
      const type = parameterAt(parameters, at)?.type
      if (name === '' || type === undefined || !schema.types.has(type)) return
      const slots = bound.get(type) ?? { dtypes: [], read: false }
      slots.dtypes.push(dtypes[at])
      slots.read ||= read
      bound.set(type, slots)
    })
  bind(node.inputs, schema.inputs, inputs, true)
  bind(node.outputs, schema.outputs, outputs, false)
  return bound
}

function mayChange(
  { node, opset }: TypedNode,
  { types }: Schema,
  name: string,
  { dtypes, read }: BoundSlots,
  type: HalfType,
): boolean {
  if (!dtypes.every(dtype => dtype === 'float32')) return false
  if (types.get(name)?.includes(`tensor(${type})`) !== true) return false
  if (node.domain === '' && staying[node.op]?.includes(name) === true) return false
  if (read) return true
  // ONNX Runtime casts around nodes that read halves without a kernel for them, but not around those that only write them.
  if (node.domain !== '' || !typedByAttribute.has(node.op)) return false
  return cpuKernelsOf('', node.op, opset).some(kernel => kernel.types.get(name)?.includes(`tensor(${type})`))
}

function parameterAt(parameters: readonly Parameter[], at: number): Parameter | undefined {
  const last = parameters.at(-1)
  return parameters[at] ?? (last?.option === 'variadic' && !last.heterogeneous ? last : undefined)
}
