// Text that is equal exactly when two attributes, tensors or bodies are: the basis of comparing nodes by structure.
import type { Attribute, Body, Node, ValueType } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import { digest } from '../tensors/digest.ts'

/** Identity of content: that of the bytes when they are resident, else the tensor's key. */
function tensorKey(tensor: Tensor): string {
  const { dtype, shape, data, strings, key } = tensor
  const content = strings ? JSON.stringify(strings) : data ? digest(data) : key
  return `${dtype}[${shape.join()}]${content}`
}

const textKey = (value: string | Uint8Array): string =>
  typeof value === 'string' ? JSON.stringify(value) : `bytes${digest(value)}`

// Zero and minus zero differ, and so they print.
const floatKey = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

/** `nameOf` gives the identity of a value that a nested body captures. */
function attributeKey(attribute: Attribute, nameOf: (name: string) => string): string {
  const { type, value } = attribute
  const list = <T>(all: readonly T[], one: (each: T) => string): string => `${type}[${all.map(one).join()}]`
  switch (type) {
    case 'float':
      return `f${floatKey(value)}`
    case 'floats':
      return list(value, floatKey)
    case 'int':
      return `i${value}`
    case 'ints':
      return list(value, String)
    case 'string':
      return textKey(value)
    case 'strings':
      return list(value, textKey)
    case 'tensor':
      return tensorKey(value)
    case 'tensors':
      return list(value, tensorKey)
    case 'sparse-tensor':
      return `${value.shape.join()}:${tensorKey(value.values)}:${tensorKey(value.indices)}`
    case 'sparse-tensors':
      return list(value, each => `${each.shape.join()}:${tensorKey(each.values)}:${tensorKey(each.indices)}`)
    case 'graph':
      return bodyKey(value, nameOf)
    case 'graphs':
      return list(value, each => bodyKey(each, nameOf))
    case 'type':
      return typeKey(value)
    case 'types':
      return list(value, typeKey)
    case 'reference':
      return `@${value}`
  }
}

const typeKey = (type: ValueType): string => JSON.stringify(type)

/** All attributes of a node, by name. */
export function attributesKey(node: Node, nameOf: (name: string) => string): string {
  return [...node.attributes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, attribute]) => `${name}=${attributeKey(attribute, nameOf)}`)
    .join(';')
}

/** A body up to the names of its own values. */
function bodyKey(body: Body, outside: (name: string) => string): string {
  const own = new Map<string, string>()
  const define = (name: string): string => {
    if (name !== '' && !own.has(name)) own.set(name, `#${own.size}`)
    return own.get(name) ?? ''
  }
  const nameOf = (name: string): string => (name === '' ? '' : (own.get(name) ?? outside(name)))
  const inputs = body.inputs.map(({ name, type }) => `${define(name)}${type ? typeKey(type) : ''}`)
  const weights = [...body.initializers].map(([name, { tensor }]) => `${define(name)}${tensorKey(tensor)}`)
  const sparse = [...body.sparseInitializers].map(
    ([name, each]) => `${define(name)}${attributeKey({ type: 'sparse-tensor', value: each }, nameOf)}`,
  )
  const nodes = body.nodes.map(node => {
    const read = node.inputs.map(nameOf).join()
    const head = `${node.domain}:${node.op}:${node.overload ?? ''}(${read})<${attributesKey(node, nameOf)}>`
    return `${head}${node.outputs.map(name => (name === '' ? '_' : define(name))).join()}`
  })
  const outputs = body.outputs.map(({ name }) => nameOf(name))
  return `{${[inputs, weights, sparse, nodes, outputs].map(part => part.join(';')).join('|')}}`
}
