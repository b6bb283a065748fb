// Reads the ONNX textual syntax (onnx/docs/Syntax.md): what the official parser of onnx 1.23 reads, and a few
// things that it has no words for (docs/decisions/0006 lists them). A model without header gets a usual one.
import { Graph, type Body, type FunctionDefinition, type Header } from '../ir.ts'
import { walk } from '../scope.ts'
import type { Tensor } from '../tensor.ts'
import { giveOrigins } from './given-origins.ts'
import { readBody } from './read-body.ts'
import { readFunction } from './read-function.ts'
import { readEntries } from './read-header.ts'
import type { Reading } from './reading.ts'
import { Scanner } from './scanner.ts'

export interface ParseOptions {
  /** Tensors that the text names by key instead of writing them out: `tensorsOf(graph)` of the printed graph. */
  readonly tensors?: ReadonlyMap<string, Tensor>
}

/** Versions of a model whose text has no header: `(float[2] x) => (float[2] y) { y = Relu(x) }`. */
const usual = { irVersion: 10, opset: 21 } as const

/**
 * The model of a text. Nodes and weights have themselves as origin, as in a file just read. A tensor that the text leaves
 * out and `tensors` does not have keeps its key, type and shape, and throws when it is read.
 * Throws a `text` error with line and column, what was expected and what came.
 */
export function parse(text: string, options: ParseOptions = {}): Graph {
  const scan = new Scanner(text)
  const reading: Reading = { scan, tensors: options.tensors ?? new Map(), body: readBody }
  const hasHeader = scan.peek() === '<'
  const entries = readEntries(scan, [
    'ir_version', 'opset_import', 'producer_name', 'producer_version', 'domain', 'model_version', 'doc_string',
    'metadata_props',
  ]) // prettier-ignore
  const body = readBody(reading)
  const functions: FunctionDefinition[] = []
  while (!scan.atEnd()) functions.push(readFunction(reading))
  const { producerName: name, producerVersion: version, irVersion, opsets, ...rest } = entries
  const header: Header = {
    ...rest,
    irVersion: irVersion ?? usual.irVersion,
    opsets: opsets ?? (hasHeader ? new Map() : usualOpsets(body)),
    functions,
    ...(name === undefined && version === undefined
      ? {}
      : { producer: { name: name ?? '', version: version ?? '' } }),
  }
  return giveOrigins(new Graph({ ...body.fields(), header }))
}

/** ONNX, and every other domain that a node is from, at version 1. */
function usualOpsets(body: Body): ReadonlyMap<string, number> {
  const domains = [...walk(body)].map(({ node }) => node.domain)
  return new Map([
    ['', usual.opset],
    ...domains.filter(domain => domain !== '').map((domain): [string, number] => [domain, 1]),
  ])
}
