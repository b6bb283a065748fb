// Steps at which attributes became inputs: axes, sizes, pads, bounds.
import { refuse, type Refusal } from '../../error.ts'
import type { Node } from '../../ir.ts'
import type { Adapter, Place } from './step.ts'

/** A copy without some attributes. */
export function dropAttributes(node: Node, names: readonly string[]): Node {
  return { ...node, attributes: new Map([...node.attributes].filter(([name]) => !names.includes(name))) }
}

export function withAttribute(node: Node, name: string, value: string | number): Node {
  const attribute =
    typeof value === 'string'
      ? ({ type: 'string', value } as const)
      : ({ type: 'int', value: BigInt(value) } as const)
  return { ...node, attributes: new Map([...node.attributes, [name, attribute]]) }
}

const isReference = (node: Node, name: string): boolean => node.attributes.get(name)?.type === 'reference'

/** A function's attribute reference has no value before the call, so it can not become an input. */
const refuseReference = (node: Node, name: string): Refusal =>
  refuse(
    `${node.op} takes ${name} from an attribute of its function, which has to become an input`,
    node.name,
  )

function ints(node: Node, name: string): readonly bigint[] | undefined {
  const attribute = node.attributes.get(name)
  return attribute?.type === 'ints' ? attribute.value : undefined
}

const vector = (place: Place, node: Node, name: string, values: readonly bigint[]): string =>
  place.constant(`${node.outputs[0] ?? node.op}_${name}`, 'int64', [values.length], values)

/** Inputs up to a position, absent ones as empty names, without empty ones at the end. */
export function inputList(...names: readonly (string | undefined)[]): readonly string[] {
  const list = names.map(name => name ?? '')
  while (list.at(-1) === '') list.pop()
  return list
}

/** Attributes of integers that become int64 vectors behind the inputs, in this order. */
export const intsToInputs =
  (...names: readonly string[]): Adapter =>
  (node, place) => {
    const reference = names.find(name => isReference(node, name))
    if (reference !== undefined) return refuseReference(node, reference)
    const given = names.map(name => {
      const values = ints(node, name)
      return values && vector(place, node, name, values)
    })
    return [{ ...dropAttributes(node, names), inputs: inputList(...node.inputs, ...given) }]
  }

/** k becomes a vector of one element. */
export const topK: Adapter = (node, place) => {
  const k = node.attributes.get('k')
  if (k?.type !== 'int')
    return isReference(node, 'k') ? refuseReference(node, 'k') : refuse('TopK without k', node.name)
  return [{ ...dropAttributes(node, ['k']), inputs: [...node.inputs, vector(place, node, 'k', [k.value])] }]
}

/** scales become a vector. */
export const upsampleScales: Adapter = (node, place) => {
  const scales = node.attributes.get('scales')
  if (scales?.type !== 'floats') return refuse('Upsample without scales', node.name)
  const name = place.constant(
    `${node.outputs[0] ?? 'Upsample'}_scales`,
    'float32',
    [scales.value.length],
    scales.value,
  )
  return [{ ...dropAttributes(node, ['scales']), inputs: [...node.inputs, name] }]
}

function float(node: Node, name: string, otherwise: number): number {
  const attribute = node.attributes.get(name)
  return attribute?.type === 'float' ? attribute.value : otherwise
}

const greatestFloat = 3.4028234663852886e38

/** Bounds become scalars of the input's type; absent ones were the ends of float32, which also cut infinities. */
export const clip: Adapter = (node, place) => {
  const [low, high] = [float(node, 'min', -greatestFloat), float(node, 'max', greatestFloat)]
  const dtype = place.dtype(node.inputs[0] ?? '')
  if (isReference(node, 'min') || isReference(node, 'max')) return refuseReference(node, 'min')
  if (dtype !== 'float32' && dtype !== 'float64' && dtype !== 'float16')
    return refuse(`Clip of ${dtype ?? 'unknown type'}: its bounds need the type`, node.name)
  const bound = (name: string, value: number): string | undefined =>
    dtype === 'float16' && Math.abs(value) > 65504
      ? undefined
      : place.constant(`${node.outputs[0] ?? 'Clip'}_${name}`, dtype, [], [value])
  const inputs = inputList(node.inputs[0], bound('min', low), bound('max', high))
  return [{ ...dropAttributes(node, ['min', 'max']), inputs }]
}

/** pads become a vector, the value a scalar of the input's type where it is not zero. */
export const pad: Adapter = (node, place) => {
  const pads = ints(node, 'pads')
  const value = float(node, 'value', 0)
  if (!pads || isReference(node, 'value')) return refuse('Pad without its pads', node.name)
  const dtype = place.dtype(node.inputs[0] ?? '')
  if (value !== 0 && dtype !== 'float32' && dtype !== 'float64' && dtype !== 'float16')
    return refuse(`Pad of ${dtype ?? 'unknown type'}: its value needs the type`, node.name)
  const filler =
    value === 0 || !dtype
      ? undefined
      : place.constant(`${node.outputs[0] ?? 'Pad'}_value`, dtype, [], [value])
  const inputs = inputList(node.inputs[0], vector(place, node, 'pads', pads), filler)
  return [{ ...dropAttributes(node, ['pads', 'value']), inputs }]
}

/** The ratio matters in training only, which an opset 11 Dropout does not do; the mask changed its type at 10. */
export const dropoutRatio: Adapter = (node, place) => {
  if (isReference(node, 'ratio')) return refuseReference(node, 'ratio')
  const given = node.attributes.has('ratio')
  const ratio = given
    ? place.constant(`${node.outputs[0] ?? 'Dropout'}_ratio`, 'float32', [], [float(node, 'ratio', 0.5)])
    : undefined
  return [{ ...dropAttributes(node, ['ratio']), inputs: inputList(node.inputs[0], ratio) }]
}

/** The axis becomes a scalar third input; it was 1 by default. */
export const dftAxis: Adapter = (node, place) => {
  const axis = node.attributes.get('axis')
  if (axis?.type === 'reference') return refuseReference(node, 'axis')
  const value = axis?.type === 'int' ? axis.value : 1n
  const name = place.constant(`${node.outputs[0] ?? 'DFT'}_axis`, 'int64', [], [value])
  return [{ ...dropAttributes(node, ['axis']), inputs: [node.inputs[0] ?? '', node.inputs[1] ?? '', name] }]
}
