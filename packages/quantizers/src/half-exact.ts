// What 11 bits of mantissa cannot hold, whatever its range. Whole numbers above 2048 are rounded, so what becomes an index
// (sizes computed in floats, buckets of relative positions) and the angles of sines and cosines (positions, time steps: an
// angle of 1000 is off by up to 0.25) stay in fp32 from the whole numbers that they come from. Integer products stay as they
// are up to their scales: a sum of 8-bit products leaves the range, and the product of two scales is subnormal.
import { dataTypes } from '@damson/graph'
import type { HalfGraph, HalfNode } from './half-graph.ts'

/** Keys of the nodes that stay in fp32 for their digits. */
export function exactNodes(graph: HalfGraph): ReadonlySet<string> {
  return new Set([...graph.nodes.flatMap(node => countingChain(graph, node)), ...integerProducts(graph)])
}

/** Longer chains are no arithmetic on indices. */
const longestChain = 64
/** Larger constants belong to a layer. */
const tableElements = 4096

const arithmetic: ReadonlySet<string> = new Set([
  'Add', 'Sub', 'Mul', 'Div', 'Neg', 'Abs', 'Floor', 'Ceil', 'Round', 'Sqrt', 'Exp', 'Log', 'Pow', 'Reciprocal', 'Mod',
  'Min', 'Max', 'Clip', 'Where', 'Sign', 'Sin', 'Cos', 'MatMul', 'Einsum', 'Cast', 'ConstantOfShape', 'Identity', 'Reshape',
  'Transpose', 'Squeeze', 'Unsqueeze', 'Slice', 'Gather', 'Concat', 'Expand', 'Tile', 'Flatten', 'Split', 'CumSum', 'Range',
]) // prettier-ignore

/** From a sine, a cosine or a cast to whole numbers back to the whole numbers it is computed from; else nothing. */
function countingChain(graph: HalfGraph, end: HalfNode): readonly string[] {
  const { op, domain } = end.node
  if (domain !== '' || !['Sin', 'Cos', 'Cast'].includes(op)) return []
  if (op === 'Cast' && !turnsWhole(graph, end)) return []
  const chain = new Set([end.key])
  const open = [end]
  for (let node = open.pop(); node; node = open.pop()) {
    for (const id of node.inputs) {
      if (id === undefined || graph.dtypeOf(id) !== 'float32' || isSmall(graph, id)) continue
      const maker = graph.makerOf(id)
      const fits =
        maker && maker.node.domain === '' && arithmetic.has(maker.node.op) && maker.outputs.includes(id)
      if (!fits || chain.size >= longestChain) return []
      if (!chain.has(maker.key)) open.push(maker)
      chain.add(maker.key)
    }
  }
  return [...chain]
}

function turnsWhole(graph: HalfGraph, { inputs, outputs }: HalfNode): boolean {
  const [from, to] = [graph.dtypeOf(inputs[0] ?? ''), graph.dtypeOf(outputs[0] ?? '')]
  return from === 'float32' && to !== undefined && /^u?int$/.test(dataTypes[to].kind)
}

/** A table of frequencies or a number; an input of at most one dimension (a time step). */
function isSmall(graph: HalfGraph, id: string): boolean {
  const constant = graph.constants.get(id)
  if (constant) return constant.tensor.byteLength <= 4 * tableElements
  const input = graph.graph.inputs.find(({ name }) => id === `\n${name}`)
  return input?.type?.kind === 'tensor' && (input.type.shape?.length ?? 2) <= 1
}

/** Sums of integer products as floats, their scales, and what multiplies the two. */
function integerProducts(graph: HalfGraph): readonly string[] {
  const exact = new Set<string>()
  const exactIds = new Set<string>()
  for (const { node, inputs, outputs, key } of graph.nodes) {
    // These hold the sums and the scales within them.
    if (/^(MatMulIntegerToFloat|DynamicQuantizeMatMul)$/.test(node.op)) exact.add(key)
    const isProduct = /^(MatMul|Conv)Integer$/.test(node.op)
    const isSum = node.op === 'Cast' && inputs.some(id => id !== undefined && exactIds.has(id))
    if (isProduct || isSum) for (const id of outputs) if (id !== undefined) exactIds.add(id)
    if (isSum) exact.add(key)
    const scale = node.op === 'DynamicQuantizeLinear' ? outputs[1] : undefined
    if (scale !== undefined) exactIds.add(scale)
    const reads = inputs.some(id => id !== undefined && exactIds.has(id) && graph.dtypeOf(id) === 'float32')
    if (node.op !== 'Mul' || !reads) continue
    exact.add(key)
    // The product of two scales multiplies the sum; what comes out of that is an activation again.
    const scales = inputs.every(id => id === undefined || graph.constants.has(id) || isScale(graph, id))
    if (scales) for (const id of outputs) if (id !== undefined) exactIds.add(id)
  }
  return [...exact]
}

function isScale(graph: HalfGraph, id: string): boolean {
  const maker = graph.makerOf(id)
  return maker?.node.op === 'DynamicQuantizeLinear' && maker.outputs[1] === id
}

/** Nodes between dequantized activations and the quantizer behind them: ONNX Runtime makes one integer kernel of those. */
export function quantizedNodes(graph: HalfGraph): ReadonlySet<string> {
  const kept = new Set<string>()
  const isActivation = (id: string | undefined): boolean => {
    const maker = id === undefined ? undefined : graph.makerOf(id)
    return maker?.node.op === 'DequantizeLinear' && !graph.constants.has(maker.inputs[0] ?? '')
  }
  for (const { key, node, inputs } of graph.nodes) {
    const isQdq =
      node.op === 'QuantizeLinear' ||
      (node.op === 'DequantizeLinear' && !graph.constants.has(inputs[0] ?? ''))
    if (isQdq || inputs.some(isActivation)) kept.add(key)
    if (!inputs.some(isActivation)) continue
    // Its weights and bias are dequantized for it alone.
    for (const id of inputs) {
      const maker = id === undefined ? undefined : graph.makerOf(id)
      if (maker?.node.op === 'DequantizeLinear') kept.add(maker.key)
    }
  }
  return kept
}
