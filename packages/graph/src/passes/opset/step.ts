// One step of an opset upgrade: an operator reaches the next version at which its schema changed.
import type { DataType } from '../../dtype.ts'
import type { Refusal } from '../../error.ts'
import type { Dim, Node } from '../../ir.ts'
import { schemaOf } from '../../ops/schema.ts'
import type { Tensor } from '../../tensor.ts'

/** Where a node stands: what is known of its values, and how constants and names come into being there. */
export interface Place {
  dtype(name: string): DataType | undefined
  shape(name: string): readonly Dim[] | undefined
  tensor(name: string): Tensor | undefined
  /** The name of a new constant. */
  constant(
    hint: string,
    dtype: DataType,
    shape: readonly number[],
    values: readonly (number | bigint)[],
  ): string
  fresh(hint: string): string
  /** The version that is upgraded to. */
  readonly to: number
}

/** What does the same at the version of the step; in order, if several. */
export type Adapter = (node: Node, place: Place) => readonly Node[] | Refusal

/**
 * True when inputs, outputs and attributes (with their defaults) differ between two versions: such a step needs an
 * adapter or stands in the table of harmless ones. What differs in types only is a widening.
 */
export function signatureChanges(op: string, before: number, after: number): boolean {
  const [a, b] = [schemaOf('', op, before), schemaOf('', op, after)]
  return !a || !b || signature(a) !== signature(b)
}

function signature(schema: NonNullable<ReturnType<typeof schemaOf>>): string {
  const parameters = [...schema.inputs, { name: '|', option: '' }, ...schema.outputs]
  const attributes = [...schema.attributes.values()]
    .map(({ name, type, required, default: otherwise }) => {
      const value = otherwise && 'value' in otherwise ? String(otherwise.value) : ''
      return `${name}:${type}:${required ? '!' : ''}${value}`
    })
    .sort()
  return [
    ...parameters.map(({ name, option }) => `${name} ${option}`),
    ...attributes,
    schema.deprecated,
  ].join()
}
