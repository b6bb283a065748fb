// Attributes: reading them with their default at hand, comparing them, and making them from plain values.
import { Body, type Attribute, type AttributeKind, type Node } from '../ir.ts'
import { Value } from '../scope.ts'
import type { AttributeGiven } from './term.ts'

/** A node, or a value for the node that makes it. */
export type Attributed = Pick<Node, 'attributes'> | Value

/** An attribute of a node as it stands there; undefined when it is not written. */
export function attributeOf(of: Attributed, name: string): Attribute | undefined {
  return (of instanceof Value ? of.producer?.attributes : of.attributes)?.get(name)
}

/** An integer attribute as a number; the fallback (ONNX's default) when it is not written. */
export function intOf<F extends number | undefined>(of: Attributed, name: string, fallback: F): number | F {
  const attribute = attributeOf(of, name)
  return attribute?.type === 'int' ? Number(attribute.value) : fallback
}

/** A list of integers as numbers; the fallback when it is not written. */
export function intsOf<F extends readonly number[] | undefined>(
  of: Attributed,
  name: string,
  fallback: F,
): readonly number[] | F {
  const attribute = attributeOf(of, name)
  return attribute?.type === 'ints' ? attribute.value.map(Number) : fallback
}

/** A float attribute; the fallback when it is not written. */
export function floatOf<F extends number | undefined>(of: Attributed, name: string, fallback: F): number | F {
  const attribute = attributeOf(of, name)
  return attribute?.type === 'float' ? attribute.value : fallback
}

/** A string attribute; the fallback when it is not written. */
export function textOf<F extends string | undefined>(of: Attributed, name: string, fallback: F): string | F {
  const attribute = attributeOf(of, name)
  return attribute?.type === 'string' && typeof attribute.value === 'string' ? attribute.value : fallback
}

/** True when an attribute is what a term writes. Floats are compared as float32; bodies by identity, tensors by key. */
export function attributeMatches(given: AttributeGiven, attribute: Attribute): boolean {
  const made = attribute.type === 'reference' ? undefined : attributeFrom(attribute.type, given)
  return made !== undefined && sameAttribute(made, attribute)
}

function sameAttribute(a: Attribute, b: Attribute): boolean {
  if (a.type === 'tensor') return b.type === 'tensor' && a.value.key === b.value.key
  if (a.type === 'float') return b.type === 'float' && Math.fround(a.value) === Math.fround(b.value)
  if (a.type !== b.type || !Array.isArray(a.value) || !Array.isArray(b.value)) {
    return a.type === b.type && a.value === b.value
  }
  const list: readonly unknown[] = b.value
  return a.value.length === list.length && a.value.every((each: unknown, at) => each === list[at])
}

/** An attribute of a kind from a plain value; undefined when the value does not fit the kind. */
export function attributeFrom(kind: AttributeKind, given: AttributeGiven): Attribute | undefined {
  if (isAttribute(given)) return given.type === kind || given.type === 'reference' ? given : undefined
  if (typeof given === 'number' || typeof given === 'bigint') return numberAttribute(kind, given)
  if (typeof given === 'string') return kind === 'string' ? { type: kind, value: given } : undefined
  if (given instanceof Body) return kind === 'graph' ? { type: kind, value: given } : undefined
  if (isList(given)) return listAttribute(kind, given)
  if ('dtype' in given && 'key' in given) {
    return kind === 'tensor' && 'read' in given ? { type: kind, value: given } : undefined
  }
  return kind === 'type' && 'kind' in given ? { type: kind, value: given } : undefined
}

function numberAttribute(kind: AttributeKind, given: number | bigint): Attribute | undefined {
  if (kind === 'float') return { type: kind, value: Math.fround(Number(given)) }
  return kind === 'int' && (typeof given === 'bigint' || Number.isInteger(given))
    ? { type: kind, value: BigInt(given) }
    : undefined
}

function listAttribute(
  kind: AttributeKind,
  given: readonly (number | bigint | string)[],
): Attribute | undefined {
  const numbers = given.filter(each => typeof each !== 'string')
  const strings = given.filter(each => typeof each === 'string')
  if (kind === 'strings' && numbers.length === 0) return { type: kind, value: strings }
  if (strings.length > 0) return undefined
  if (kind === 'floats') return { type: kind, value: numbers.map(each => Math.fround(Number(each))) }
  return kind === 'ints' ? { type: kind, value: numbers.map(BigInt) } : undefined
}

function isAttribute(given: AttributeGiven): given is Attribute {
  return typeof given === 'object' && 'type' in given && 'value' in given
}

function isList(given: AttributeGiven): given is readonly (number | bigint)[] | readonly string[] {
  return Array.isArray(given)
}
