// What a graph is, as a short text: its nodes, names and types, not the bytes of its weights. A state says with it which
// graph it was fitted on, so that it is not taken for another's.
import { createSha256, scopes, type Graph, type Node } from '@damson/graph'

/** SHA-256 over the structure of a graph, as 64 hexadecimal digits; equal for equal structures on every machine. */
export function graphHash(graph: Graph): string {
  const hash = createSha256()
  const encoder = new TextEncoder()
  const add = (...words: readonly string[]): void => hash.update(encoder.encode(`${words.join('\t')}\n`))
  for (const { path, body } of scopes(graph)) {
    add('body', path)
    for (const { name } of body.inputs) add('input', name)
    for (const { name } of body.outputs) add('output', name)
    for (const { name, tensor } of body.initializers.values())
      add('weight', name, tensor.dtype, tensor.shape.join())
    for (const node of body.nodes)
      add('node', node.domain, node.op, ...node.inputs, '=', ...node.outputs, attributesText(node))
  }
  return hash.digest()
}

/** Numbers and texts of the attributes; bodies are walked on their own, tensors are told by type and shape. */
function attributesText({ attributes }: Node): string {
  return [...attributes]
    .map(([name, { type, value }]) => {
      if (type === 'graph' || type === 'graphs') return name
      return type === 'tensor'
        ? `${name}:${value.dtype}[${value.shape.join()}]`
        : `${name}:${valueText(value)}`
    })
    .sort()
    .join(' ')
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join()
  return typeof value === 'object'
    ? JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? `${inner}` : inner))
    : String(value)
}
