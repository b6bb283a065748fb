// The nodes that `half` makes or retypes: casts, converted constants, and operators whose output type is an attribute.
import {
  dataTypes,
  numbers,
  scopes,
  tensorOf,
  type Attribute,
  type DataType,
  type Graph,
  type Node,
  type Tensor,
  type ValueInfo,
} from '@damson/graph'
import { greatestHalf, halvesOf, maskBound } from './half-constants.ts'
import type { HalfType } from './half-slots.ts'

/** A Cast; it is damson's own, so it has no origins. */
export function castNode(input: string, output: string, type: DataType, name: string): Node {
  return {
    op: 'Cast',
    domain: '',
    name,
    inputs: [input],
    outputs: [output],
    attributes: new Map([['to', typeCode(type)]]),
    origins: [],
  }
}

/** A Constant node with another name and tensor. */
export function constantNode(node: Node, output: string, tensor: Tensor): Node {
  const name = node.outputs[0] === output ? node.name : output
  return {
    ...node,
    name,
    outputs: [output],
    attributes: new Map([['value', { type: 'tensor', value: tensor }]]),
  }
}

/** The node with attributes that name fp32, or hold it, changed to halves. */
export function typedAttributes(node: Node, type: HalfType): Node {
  if (node.domain !== '') return node
  if (node.op === 'Cast') return { ...node, attributes: new Map(node.attributes).set('to', typeCode(type)) }
  if (node.op !== 'ConstantOfShape') return node
  const given = node.attributes.get('value')
  const value = given?.type === 'tensor' ? filled(given.value, type) : tensorOf(type, [1], [0])
  return { ...node, attributes: new Map(node.attributes).set('value', { type: 'tensor', value }) }
}

/** A number beyond the range fills a mask: others stay fp32 (`fillsBeyond`). */
function filled(value: Tensor, type: HalfType): Tensor {
  const values = Float32Array.from(numbers(value) ?? [])
  const isBeyond = values.some(number => Math.abs(number) > greatestHalf[type])
  return halvesOf(values, value.shape, type, isBeyond ? maskBound : greatestHalf[type])
}

/** A value's note with another element type; as it is where it has none. */
export function retyped(info: ValueInfo, dtype: DataType): ValueInfo {
  return info.type?.kind === 'tensor' ? { ...info, type: { ...info.type, dtype } } : info
}

/** Every name of a graph and its bodies. */
export function allNames(graph: Graph): Set<string> {
  const names = new Set<string>()
  for (const { body } of scopes(graph)) {
    for (const { name } of [...body.inputs, ...body.outputs]) names.add(name)
    for (const name of [...body.initializers.keys(), ...body.sparseInitializers.keys()]) names.add(name)
    for (const { name, outputs } of body.nodes) for (const each of [name, ...outputs]) names.add(each)
  }
  return names
}

function typeCode(type: DataType): Attribute {
  return { type: 'int', value: BigInt(dataTypes[type].code) }
}
