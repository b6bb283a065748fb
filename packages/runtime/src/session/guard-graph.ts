// What would make ONNX Runtime abort the process, or fail with a message that does not help, is refused before it opens.
import { DamsonError, dataTypes, type Graph, type ValueInfo } from '@damson/graph'
import { isPortable } from '../ort/element-types.ts'

/** The newest that ONNX Runtime 1.30 and 1.31 load. */
const newest = { opset: 26, ir: 13 }

/** Throws `unsupported-version` or `unsupported-io` for a graph that must not reach ONNX Runtime. */
export function checkOpenable(graph: Graph): void {
  const { irVersion } = graph.header
  if (irVersion > newest.ir) throw versionError('IR version', newest.ir, irVersion)
  if (graph.opset() > newest.opset) throw versionError('opset', newest.opset, graph.opset())
  for (const input of graph.requiredInputs()) checkValue(input, 'input')
  for (const output of graph.outputs) checkValue(output, 'output')
}

function checkValue({ name, type }: ValueInfo, side: 'input' | 'output'): void {
  if (!type) return
  if (type.kind !== 'tensor') throw ioError(name, side, `a ${type.kind}`, 'Keep it inside the graph.')
  const { dtype } = type
  if (dtype === undefined) return
  // A 4-bit output aborts the whole process, a 4-bit input throws.
  const { bits } = dataTypes[dtype]
  if (bits > 0 && bits < 8)
    throw ioError(name, side, dtype, 'Pack two elements into a uint8 inside the graph.')
  if (!isPortable(dtype)) throw ioError(name, side, dtype, 'Cast it inside the graph.')
}

function versionError(what: string, limit: number, got: number): DamsonError {
  return new DamsonError(
    'unsupported-version',
    `Expected ${what} ${limit} or lower, which is what ONNX Runtime loads; got ${got}. Convert the model first.`,
    { details: { limit, got } },
  )
}

function ioError(name: string, side: string, got: string, advice: string): DamsonError {
  return new DamsonError(
    'unsupported-io',
    `Graph ${side} "${name}": expected a tensor that ONNX Runtime for JavaScript can pass, got ${got}. ${advice}`,
    { details: { name, side } },
  )
}
