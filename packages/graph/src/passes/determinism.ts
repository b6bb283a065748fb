// Which nodes give the same result for the same inputs, every time: only those may be merged or computed beforehand.
import { functionKey } from '../infer/function-body.ts'
import type { Body, FunctionDefinition, Node } from '../ir.ts'
import { nestedBodies } from '../uses.ts'

const random: ReadonlySet<string> = new Set([
  ':RandomNormal', ':RandomNormalLike', ':RandomUniform', ':RandomUniformLike', ':Multinomial', ':Bernoulli',
  'com.microsoft:BiasDropout', 'com.microsoft:BitmaskDropout', 'com.microsoft:BitmaskBiasDropout',
  'com.microsoft:Sampling', 'com.microsoft:SampleOp',
]) // prettier-ignore

const knownDomains: ReadonlySet<string> = new Set(['', 'ai.onnx.ml', 'com.microsoft'])

/** Functions of a model by key, as `isDeterministic` looks them up. */
export function functionTable(
  functions: readonly FunctionDefinition[],
): ReadonlyMap<string, FunctionDefinition> {
  return new Map(functions.map(each => [functionKey(each, each.name), each]))
}

/** False for random operators, Dropout that may be training, and operators nobody here knows; bodies and functions count. */
export function isDeterministic(
  node: Node,
  functions: ReadonlyMap<string, FunctionDefinition>,
  open: readonly FunctionDefinition[] = [],
): boolean {
  const inner = (nodes: readonly Node[], now = open): boolean =>
    nodes.every(each => isDeterministic(each, functions, now))
  const definition = functions.get(functionKey(node, node.op))
  if (definition) return !open.includes(definition) && inner(definition.nodes, [...open, definition])
  if (!knownDomains.has(node.domain) || random.has(`${node.domain}:${node.op}`)) return false
  // Training mode is the third input since opset 12.
  if (node.op === 'Dropout' && (node.inputs[2] ?? '') !== '') return false
  return nestedBodies(node).every(({ body }: { readonly body: Body }) => inner(body.nodes))
}
