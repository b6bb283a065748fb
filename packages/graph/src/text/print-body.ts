// Graphs and nodes as ONNX text.
import type { Body, FunctionDefinition, Node, ValueInfo } from '../ir.ts'
import { noteText, type Said } from './notes.ts'
import { attributesText } from './print-attribute.ts'
import { contentText, sparseText, sparseTypeText } from './print-tensor.ts'
import { typeText, valueText } from './print-type.ts'
import type { Printing } from './printing.ts'
import { nameText, operatorText } from './words.ts'

const step = '  '

/** `name (inputs) => (outputs) <…> { … }`, without indent on its first line. */
export function bodyText(body: Body, printing: Printing): string {
  const inputs = valuesText(body.inputs, printing)
  const outputs = valuesText(body.outputs, printing)
  const head = `${nameText(body.name)} (${inputs}) => (${outputs})`
  const entries = [...constantLines(body, printing), ...typeLines(body.types, printing)]
  const note = noteLine(body, printing)
  return `${note}${head}${entriesText(entries, printing)} ${nodesText(body.nodes, printing)}`
}

/** `{ … }`, one node a line. */
export function nodesText(nodes: readonly Node[], printing: Printing): string {
  const inner = { ...printing, indent: printing.indent + step }
  return `{\n${nodes.map(node => `${inner.indent}${nodeText(node, inner)}\n`).join('')}${printing.indent}}`
}

/** `[name] y = domain.Op<attributes>(a, b)`; attributes that hold graphs stand behind the inputs. */
export function nodeText(node: Node, printing: Printing): string {
  const label = node.name === '' ? '' : `[${nameText(node.name)}] `
  const called = `${label}${node.outputs.map(nameText).join(', ')} = ${operatorText(node)}`
  const inputs = `(${node.inputs.map(nameText).join(', ')})`
  const attributes = attributesText(node.attributes, printing)
  const holdsGraph = [...node.attributes.values()].some(({ type }) => type === 'graph' || type === 'graphs')
  const note = noteLine(node, printing)
  return `${note}${called}${holdsGraph ? `${inputs} ${attributes}` : `${attributes}${inputs}`}`
}

/** `<…>` one entry a line, behind the head of a graph or function; nothing without entries. */
export function entriesText(entries: readonly string[], { indent }: Printing): string {
  if (entries.length === 0) return ''
  return `\n${indent}<\n${entries.map(entry => `${indent}${step}${entry}`).join(',\n')}\n${indent}>\n${indent}`.trimEnd()
}

/** The notes of inner values and their types. */
export function typeLines(types: FunctionDefinition['types'], printing: Printing): readonly string[] {
  if (!printing.types) return []
  const inner = { ...printing, indent: printing.indent + step }
  return [...types.values()].map(info => `${noteLine(info, inner)}${valueText(info)}`)
}

/** The comment line with what the syntax has no words for, and the indent of the line behind it. */
export function noteLine(said: Said, printing: Printing): string {
  const text = printing.notes ? noteText(said) : ''
  return text === '' ? '' : `${text}\n${printing.indent}`
}

function valuesText(infos: readonly ValueInfo[], printing: Printing): string {
  const texts = infos.map(info => {
    const note = noteLine(info, printing)
    return note === '' ? valueText(info) : `\n${printing.indent}${note}${valueText(info)}`
  })
  return texts.join(', ')
}

function constantLines(body: Body, printing: Printing): readonly string[] {
  const { tensors } = printing
  const inner = { ...printing, indent: printing.indent + step }
  const dense = [...body.initializers.values()].map(each => {
    const type = typeText({ kind: 'tensor', dtype: each.tensor.dtype, shape: each.tensor.shape })
    const note = noteLine(each, inner)
    return `${note}${type} ${nameText(each.name)} = ${contentText(each.tensor, tensors)}`
  })
  const sparse = [...body.sparseInitializers].map(
    ([name, tensor]) => `${sparseTypeText(tensor)} ${nameText(name)} = ${sparseText(tensor, tensors)}`,
  )
  return [...dense, ...sparse]
}
