// How facts are read from a graph. A probe answers undefined where the site does not bear on the fact: a scale beside
// its codes is a float tensor, but not a weight that was left in floating point.
import { resolve, type DataType, type Node, type Weight, type WeightUse } from '@damson/graph'
import type { Site } from './algorithm.ts'
import { slotInDecoding } from './decoded-weights.ts'
import type { Model, Part } from './model.ts'

/** Input slots of operators that read coded weights: the codes, and what belongs to them. Source: ONNX and ORT schemas. */
const codedSlots: Readonly<
  Record<string, { readonly codes: readonly number[]; readonly aside: readonly number[] }>
> = {
  DequantizeLinear: { codes: [0], aside: [1, 2] },
  MatMulInteger: { codes: [0, 1], aside: [2, 3] },
  ConvInteger: { codes: [1], aside: [2, 3] },
  QLinearConv: { codes: [3], aside: [1, 2, 4, 5, 6, 7, 8] },
  QLinearMatMul: { codes: [0, 3], aside: [1, 2, 4, 5, 6, 7] },
  'com.microsoft.MatMulNBits': { codes: [1], aside: [2, 3, 4] },
  'com.microsoft.MatMulBnb4': { codes: [1], aside: [2] },
  'com.microsoft.GatherBlockQuantized': { codes: [0], aside: [2, 3] },
  'com.microsoft.DynamicQuantizeMatMul': { codes: [1], aside: [2, 3] },
  'com.microsoft.MatMulIntegerToFloat': { codes: [1], aside: [2, 3, 4, 5] },
  'com.microsoft.DynamicQuantizeLSTM': { codes: [1, 2], aside: [8, 9, 10, 11] },
  'com.microsoft.QGemm': { codes: [3], aside: [1, 2, 4, 5, 6, 7, 8] },
  'com.microsoft.QAttention': { codes: [1], aside: [3, 4, 6, 7] },
  'com.microsoft.QMoE': { codes: [2, 5, 8], aside: [3, 6, 9] },
  'com.microsoft.DequantizeLinear': { codes: [0], aside: [1, 2] },
}

/** Operators of ONNX itself that are quantized arithmetic. */
const quantizing = new Set([
  'QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear', 'MatMulInteger', 'ConvInteger', 'QLinearConv',
  'QLinearMatMul',
]) // prettier-ignore

const integerProducts: ReadonlySet<string> = new Set([
  'MatMulInteger',
  'com.microsoft.DynamicQuantizeMatMul',
  'com.microsoft.MatMulIntegerToFloat',
])

const floats: ReadonlySet<DataType> = new Set(['float32', 'float16', 'bfloat16'])
const codeKinds = /^(u?int|float8|float4)/

function opName(node: Node): string {
  return node.domain === '' ? node.op : `${node.domain}.${node.op}`
}

type SlotKind = 'codes' | 'aside' | 'plain'

function slotKind(use: WeightUse, dtype: DataType): SlotKind {
  const { node, input } = use
  const slots = codedSlots[opName(node)]
  if (!slots)
    return isLookUpOfCodes(use) || isTurnedForProduct(use)
      ? 'codes'
      : isScaleOfProduct(use)
        ? 'aside'
        : (slotInDecoding(use, dtype) ?? 'plain')
  return slots.codes.includes(input) ? 'codes' : slots.aside.includes(input) ? 'aside' : 'plain'
}

/** A Gather whose rows are decoded behind it. */
function isLookUpOfCodes({ node, input, scope }: WeightUse): boolean {
  if (opName(node) !== 'Gather' || input !== 0) return false
  const users = scope.body.users(node.outputs[0] ?? '')
  return users.length > 0 && users.every(user => opName(user.node) === 'DequantizeLinear' && user.input === 0)
}

/** Exchanged axes of a table that integer products read too. */
function isTurnedForProduct({ node, scope }: WeightUse): boolean {
  const users = opName(node) === 'Transpose' ? scope.body.users(node.outputs[0] ?? '') : []
  return users.length > 0 && users.every(user => integerProducts.has(opName(user.node)))
}

/** Multiplied with the scale of an activation that was coded at run time, before both multiply an integer product. */
function isScaleOfProduct({ node, input, scope }: WeightUse): boolean {
  const other = opName(node) === 'Mul' ? (node.inputs[1 - input] ?? '') : ''
  const producer = resolve(scope, other)?.body.producer(other)
  return producer?.op === 'DynamicQuantizeLinear' && producer.outputs[1] === other
}

/** A weight that is read as codes, only beside codes, or as itself. */
function storedAs(weight: Weight): SlotKind {
  const kinds = weight.uses.map(use => slotKind(use, weight.tensor.dtype))
  if (kinds.includes('codes') && codeKinds.test(weight.tensor.dtype)) return 'codes'
  return kinds.length > 0 && kinds.every(kind => kind === 'aside') ? 'aside' : 'plain'
}

/** fp32, fp16 or bf16, unless it is the scale of some codes. */
export function isFloat(site: Site): boolean | undefined {
  if (!('weight' in site)) return undefined
  const stored = storedAs(site.weight)
  return stored === 'aside' ? undefined : stored === 'plain' && floats.has(site.weight.tensor.dtype)
}

/** fp32, unless it is the scale of some codes. */
export function isFloat32(site: Site): boolean | undefined {
  const float = isFloat(site)
  return float === undefined || !('weight' in site)
    ? undefined
    : float && site.weight.tensor.dtype === 'float32'
}

/** Integers or 8-bit floats that an operator reads together with scales. */
export function isCoded(site: Site): boolean | undefined {
  if (!('weight' in site)) return undefined
  const stored = storedAs(site.weight)
  return stored === 'aside' ? undefined : stored === 'codes'
}

/** An operator of the ONNX domain that is not quantized arithmetic. */
export function isPlain(site: Site): boolean | undefined {
  if (!('node' in site)) return undefined
  return site.node.domain === '' && !quantizing.has(site.node.op)
}

/** False inside a branch of an `If`. That a middleware skips it does not show in the graph, so it never says true. */
export function runsAlways(site: Site): boolean | undefined {
  if (!('node' in site)) return undefined
  return /(^|\/)(then|else)_branch(\/|$)/.test(site.path ?? '') ? false : undefined
}

/** Every dimension of every input that a caller feeds is a number. */
export function isStaticShape(_site: Site, part: Part): boolean {
  return part.graph.requiredInputs().every(({ type }) => {
    const shape = type?.kind === 'tensor' ? type.shape : undefined
    return shape !== undefined && shape.every(dim => typeof dim === 'number')
  })
}

/** No port was added, and the names are those of the file, where one was read. */
export function keepsInputs(_site: Site, part: Part, model?: Model): boolean | undefined {
  if (model?.ports.some(port => port.part === part.name) === true) return false
  const read = part.file?.graph
  if (!read) return model ? true : undefined
  const names = (infos: readonly { readonly name: string }[]): string =>
    infos.map(info => info.name).join('\n')
  const same = (a: Part['graph'], b: Part['graph']): boolean =>
    names(a.requiredInputs()) === names(b.requiredInputs()) && names(a.outputs) === names(b.outputs)
  return read === part.graph || same(read, part.graph)
}
