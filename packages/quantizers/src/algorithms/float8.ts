// Weights as 8-bit floats: a sign, an exponent and 3 (e4m3) or 2 (e5m2) bits of fraction, times a scale that brings the
// largest magnitude of a channel to the greatest number of the type.
//   s = max|w| / 448 (e4m3) or / 57344 (e5m2),  q = round(w / s) to the nearest 8-bit float, ties to even,  w' = s q
// Small numbers keep their relative precision, so outliers cost little and block scales are not needed.
import { defineAlgorithm, oneOf, type Context } from '@damson/core'
import {
  elementCount, isRefusal, refuse, upgradeOpset, type Attribute, type Draft, type Node, type Refusal, type Weight,
} from '@damson/graph' // prettier-ignore
import { blockUseOf } from '../block-uses.ts'
import { nodeBytes } from '../coded-size.ts'
import { codeFloat8, type Float8Spec } from '../float8-coding.ts'
import type { Replacement } from '../replace-weights.ts'
import { quantizesWeights, weightContract } from '../weight-quantizer.ts'

const id = '@damson/quantizers/float8'
const version = 1

const params = {
  /** e4m3: 3 bits of fraction, up to 448; e5m2: 2 bits, 57344. */
  type: oneOf({
    options: ['e4m3', 'e5m2'],
    default: 'e4m3',
    doc: 'Bits of exponent and fraction; e4m3 is the more exact.',
  }),
  /** What shares a scale. */
  per: oneOf({
    options: ['channel', 'tensor'],
    default: 'channel',
    doc: 'What shares a scale: a column of a product, a filter, a row of a table; or the whole weight.',
  }),
  /** When codes become numbers. */
  decode: oneOf({
    options: ['load', 'run'],
    default: 'load',
    doc: 'load: once, when a session is made (Cast and Mul, which are folded), at the speed and memory of fp32. run: in every run (DequantizeLinear), which other tools know and ONNX Runtime never folds.',
  }),
}

type Ctx = Context<typeof params>

interface Float8Weight {
  readonly weight: Weight
  readonly spec: Float8Spec
  /** Consumers stay as they are, so nothing happens at them. */
  readonly coded: ReadonlyMap<Node, unknown>
}

const quantizer = quantizesWeights<typeof params, Float8Weight>({
  // Both operators read 8-bit floats from opset 19 on.
  prepare: graph => upgradeOpset(graph, 19),
  find: (weight, _, ctx) => float8WeightOf(weight, ctx),
  replace: ({ weight, spec }, { params }) => replacementOf(weight, spec, params.decode),
})

const contract = { ...weightContract, takes: ['weight:float'] } as const

/** Weights as 8-bit floats. */
export const float8 = defineAlgorithm({
  id,
  version,
  summary: 'Weights as 8-bit floats with a scale for each channel; products stay in floating point.',
  paper: 'Micikevicius et al. 2022, arXiv 2209.05433',
  contract,
  params,
  groups: quantizer.groups,
  rewrite: quantizer.rewrite,
})

function float8WeightOf(weight: Weight, { params }: Ctx): Float8Weight | Refusal {
  const { tensor, uses, isOutput } = weight
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float16')
    return refuse(`is ${tensor.dtype}, not float32 or float16`, weight)
  if (isOutput) return refuse('is an output of the graph', weight)
  const refused = uses.map(use => blockUseOf(use, weight)).find(isRefusal)
  if (refused) return refused
  const axis = channelAxis(weight)
  const channels = tensor.shape[axis] ?? 1
  const type = params.type === 'e4m3' ? 'float8e4m3fn' : 'float8e5m2'
  // Mul wants scales that broadcast over the axes behind the channel, DequantizeLinear a vector.
  const broadcast = params.decode === 'load' ? tensor.shape.slice(axis + 1).map(() => 1) : []
  const spec: Float8Spec =
    params.per === 'channel' ? { type, axis, scaleShape: [channels, ...broadcast] } : { type, scaleShape: [] }
  const after = elementCount(tensor.shape) + 4 * elementCount(spec.scaleShape) + nodeBytes(weight, 2)
  return after < tensor.byteLength
    ? { weight, spec, coded: new Map() }
    : refuse('is so small that it would grow', weight)
}

/** The axis of the outputs of a product, the filters of a convolution, the rows of a table, the gates of an LSTM. */
function channelAxis(weight: Weight): number {
  const [use] = weight.uses
  if (!use) return 0
  const found = blockUseOf(use, weight)
  if (!isRefusal(found) && found.form !== 'decoded')
    return found.view.layout === 'KN' ? weight.tensor.shape.length - 1 : 0
  const { op } = use.node
  if (op === 'Conv') return 0
  return op === 'MatMul' || op === 'Gemm' ? weight.tensor.shape.length - 1 : 1
}

function replacementOf(weight: Weight, spec: Float8Spec, decode: 'load' | 'run'): Replacement {
  const { codes, scales } = codeFloat8(weight.tensor, spec, `${id}:${version}`)
  return {
    weight,
    tensors: { F8: codes, scales },
    // Consumers stay as they are: they read a value of the weight's name.
    emit: () => {},
    decode: (draft, name) => emitDecoding(draft, weight, spec, decode, [name('F8'), name('scales')]),
  }
}

const int = (value: number): Attribute => ({ type: 'int', value: BigInt(value) })

function emitDecoding(
  draft: Draft,
  { name, tensor }: Weight,
  { axis }: Float8Spec,
  decode: 'load' | 'run',
  [codes, scales]: readonly [string, string],
): void {
  const outputs = [name]
  if (decode === 'run') {
    const attributes = new Map(axis === undefined ? [] : [['axis', int(axis)] as const])
    draft.add({ op: 'DequantizeLinear', inputs: [codes, scales], outputs, attributes })
    return
  }
  const to = tensor.dtype === 'float16' ? 10 : 1
  const cast = draft.add({ op: 'Cast', inputs: [codes], attributes: new Map([['to', int(to)]]) })
  draft.add({ op: 'Mul', inputs: [cast.outputs[0] ?? '', scales], outputs })
}
