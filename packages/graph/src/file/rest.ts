// What a message holds beyond what the IR knows (unknown fields, device configurations, names of attribute tensors …) is
// kept as a message of the same kind with only that in it, in the `extra` of the IR value. Writing starts from it.
import {
  create,
  isMessage,
  type DescMessage,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf'
import type { Extra } from '../ir.ts'

/** A message with the given leftovers; undefined when there are none. */
export function restOf<D extends DescMessage>(
  schema: D,
  from: Message,
  leftovers: MessageInitShape<D>,
  unknown = from.$unknown,
): MessageShape<D> | undefined {
  const some = Object.values(leftovers).some(
    each => each !== undefined && !(Array.isArray(each) && each.length === 0),
  )
  if (!some && !unknown?.length) return undefined
  const rest = create(schema, leftovers)
  if (unknown?.length) rest.$unknown = unknown
  return rest
}

/** The leftovers of this kind in an `extra`; a value that was read from another kind of message has none. */
export function restIn<D extends DescMessage>(
  schema: D,
  extra: Extra | undefined,
): MessageShape<D> | undefined {
  return isMessage(extra, schema) ? extra : undefined
}

/** A fresh message, with the unknown fields of the leftovers. */
export function startFrom<D extends DescMessage>(
  schema: D,
  rest: Message | undefined,
  fields: MessageInitShape<D>,
): MessageShape<D> {
  const message = create(schema, fields)
  if (rest?.$unknown?.length) message.$unknown = rest.$unknown
  return message
}

/** `{ name: value }` when the value is there, to spread into fields that may not be undefined. */
export function given<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  const fields: { [key in K]?: V } = {}
  if (value !== undefined) fields[name] = value
  return fields
}
