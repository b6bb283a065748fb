// Prints graphs in the ONNX textual syntax (onnx/docs/Syntax.md). The official parser of onnx 1.23 reads the text, except
// for what only damson's reads: operators, attributes and nested graphs whose names are no identifiers, sparse constants,
// strings that are no UTF-8. What the reader knows of bytes left in files goes by key: `parse(text, { tensors })`.
import { Body, Graph, type FunctionDefinition, type Header, type Node } from '../ir.ts'
import { scopes } from '../scope.ts'
import type { Tensor } from '../tensor.ts'
import { attributeText } from './print-attribute.ts'
import { bodyText, entriesText, nodesText, nodeText, noteLine, typeLines } from './print-body.ts'
import type { TensorMode } from './print-tensor.ts'
import type { Printing } from './printing.ts'
import { bareOrQuoted, nameText, quote } from './words.ts'

export interface PrintOptions {
  /** Default `elide`. */
  readonly tensors?: TensorMode
  /** The `<ir_version …>` above a model; default true. Without it the text reads with the usual versions. */
  readonly header?: boolean
  /** Types of inner values (value_info); default true. */
  readonly types?: boolean
  /**
   * Doc strings and metadata of nodes, values and graphs, and origins, as comments that `parse` reads back; default false.
   * Unknown fields of the file (`extra`) are never printed.
   */
  readonly notes?: boolean
}

/** A model, a graph without header, or a node, as text. */
export function print(what: Graph | Body | Node, options: PrintOptions = {}): string {
  const printing: Printing = {
    tensors: options.tensors ?? 'elide',
    types: options.types ?? true,
    notes: options.notes ?? false,
    indent: '',
    body: bodyText,
  }
  if (!(what instanceof Body)) return nodeText(what, printing)
  if (!(what instanceof Graph) || options.header === false) return `${bodyText(what, printing)}\n`
  const functions = what.header.functions.map(each => `${functionText(each, printing)}\n`)
  return [`${headerText(what.header)}\n${bodyText(what, printing)}\n`, ...functions].join('')
}

/** Every tensor of a graph, its nested graphs and its functions by key: what `parse` needs for a text that leaves tensors out. */
export function tensorsOf(graph: Graph): ReadonlyMap<string, Tensor> {
  const tensors = new Map<string, Tensor>()
  const note = (tensor: Tensor): unknown => tensors.set(tensor.key, tensor)
  const noteNodes = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      for (const attribute of node.attributes.values()) {
        if (attribute.type === 'tensor') note(attribute.value)
        if (attribute.type === 'tensors') attribute.value.forEach(note)
        const sparse = attribute.type === 'sparse-tensor' ? [attribute.value] : []
        for (const { values, indices } of attribute.type === 'sparse-tensors' ? attribute.value : sparse) {
          note(values)
          note(indices)
        }
      }
    }
  }
  const bodies = [graph, ...graph.header.functions.map(each => bodyOf(each))]
  for (const { body } of bodies.flatMap(each => [...scopes(each)])) {
    for (const { tensor } of body.initializers.values()) note(tensor)
    for (const { values, indices } of body.sparseInitializers.values()) {
      note(values)
      note(indices)
    }
    noteNodes(body.nodes)
  }
  return tensors
}

function bodyOf({ name, nodes }: FunctionDefinition): Body {
  return new Body({ name, inputs: [], outputs: [], initializers: new Map(), nodes })
}

function headerText(header: Header): string {
  const { irVersion, opsets, producer, domain, modelVersion, doc, metadata } = header
  const entries = [
    `ir_version: ${irVersion}`,
    `opset_import: ${opsetsText(opsets)}`,
    ...(producer ? [`producer_name: ${quote(producer.name)}`] : []),
    ...(producer?.version ? [`producer_version: ${quote(producer.version)}`] : []),
    ...(domain === undefined ? [] : [`domain: ${quote(domain)}`]),
    ...(modelVersion === undefined ? [] : [`model_version: ${modelVersion}`]),
    ...(doc === undefined ? [] : [`doc_string: ${quote(doc)}`]),
    ...(metadata && metadata.size > 0 ? [`metadata_props: ${metadataText(metadata)}`] : []),
  ]
  return `<\n${entries.map(entry => `  ${entry}`).join(',\n')}\n>`
}

function opsetsText(opsets: ReadonlyMap<string, number>): string {
  return `[${[...opsets].map(([domain, version]) => `${quote(domain)}: ${version}`).join(', ')}]`
}

function metadataText(metadata: ReadonlyMap<string, string>): string {
  return `[${[...metadata].map(([key, value]) => `${quote(key)}: ${quote(value)}`).join(', ')}]`
}

function functionText(fn: FunctionDefinition, printing: Printing): string {
  const entries = [
    `domain: ${quote(fn.domain)}`,
    ...(fn.overload === undefined ? [] : [`overload: ${quote(fn.overload)}`]),
    `opset_import: ${opsetsText(fn.opsets)}`,
    ...(fn.doc === undefined ? [] : [`doc_string: ${quote(fn.doc)}`]),
  ]
  const declared = [
    ...fn.attributes.map(bareOrQuoted),
    ...[...fn.defaults].map(([name, value]) => attributeText(name, value, printing)),
  ]
  const names = (list: readonly string[]): string => list.map(nameText).join(', ')
  const attributes = declared.length === 0 ? '' : `<${declared.join(', ')}> `
  const note = noteLine(fn.metadata ? { metadata: fn.metadata } : {}, printing)
  const head = `${nameText(fn.name)} ${attributes}(${names(fn.inputs)}) => (${names(fn.outputs)})`
  const types = entriesText(typeLines(fn.types, printing), printing)
  return `${note}<${entries.join(', ')}>\n${head}${types} ${nodesText(fn.nodes, printing)}`
}
