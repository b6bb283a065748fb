// Attributes of nodes from plain numbers.
import type { Attribute } from '@damson/graph'

export const int = (value: number): Attribute => ({ type: 'int', value: BigInt(value) })
export const ints = (values: readonly number[]): Attribute => ({ type: 'ints', value: values.map(BigInt) })
