// What calibration learns of a part: ranges, scales of weights, corrected biases, and which nodes stay in floating point.
// Samples stream through ONNX Runtime; what is held is one weight at a time and a few numbers for each value.
import type { FitContext, StatisticResult } from '@damson/core'
import {
  elementCount,
  intOf,
  isRefusal,
  memoryTensor,
  nodeIdentity,
  DamsonError,
  toTypedArray,
  type Tensor,
  type Weight,
} from '@damson/graph'
import type { Params } from '../algorithms/static-int8.ts'
import { nodeBytes } from '../coded-size.ts'
import { createCoder } from '../coder.ts'
import { activationRange, type Range } from './activation-range.ts'
import { biasCorrection } from './bias-correction.ts'
import { codingOf, levelsOf, type Coding } from './codes.ts'
import { curveBehind } from './curves.ts'
import type { Choice } from './float-choice.ts'
import { formed } from './formed.ts'
import { kernelCounts, kernelReport } from './integer-kernels.ts'
import type { IntegerNode, Product } from './integer-nodes.ts'
import { observe, observedOf } from './observe.ts'
import { pairsMayOverflow, planOf, type Plan } from './plan.ts'
import { placementOf } from './placement-of-state.ts'
import type { Scales } from './scaled-graph.ts'
import { scalesOfPart } from './scaling.ts'
import { sensitiveNodes, spread } from './sensitive-nodes.ts'
import { weightScales, type Laid } from './weight-scales.ts'

export type Ctx = FitContext<Params>

/** What is learnt of a part. JSON and small tensors. */
export interface PartState {
  readonly [key: string]: PartCodings | PartTensors | readonly string[]
  /** Scale and zero point by range. */
  readonly codings: PartCodings
  /** [channels] by weight. */
  readonly scales: PartTensors
  /** [channels] by value: what is folded into its maker and its readers before they are coded. */
  readonly seams: PartTensors
  /** [channels] by output of the product. */
  readonly biases: PartTensors
  /** Outputs of the nodes that stay in floating point. */
  readonly float: readonly string[]
}
type PartCodings = Readonly<Record<string, { readonly scale: number; readonly zeroPoint: number }>>
type PartTensors = Readonly<Record<string, Tensor>>

/** Fits a part. Throws `refused-later` when it is none any more. */
export async function fitPart(ctx: Ctx, name: string): Promise<PartState> {
  const { plan, seams } = await scaledPlan(ctx, name)
  const { values: seen, means, samples } = await observe(ctx, name, plan)
  const codings = codingsOf(plan, seen, ctx.params)
  const coded = await weightsOf(ctx, plan, means)
  const chosen = await sensitiveNodes(ctx, name, { plan, codings, scales: coded.scales, seen, samples })
  const { scales, biases } = await storedWeights(ctx, plan, { chosen, coded, means })
  const float = chosen.float.map(({ node }) => node.outputs[0] ?? '')
  const state: PartState = { codings: Object.fromEntries([...codings].map(([range, { scale, zeroPoint }]) => [range, { scale, zeroPoint }])), scales, seams, biases, float }
  await reportKernels(ctx, name, plan, state)
  return state
} // prettier-ignore

/** The plan over the graph with its scales in it. */
async function scaledPlan(ctx: Ctx, name: string): Promise<{ readonly plan: Plan; readonly seams: Scales }> {
  const planned = (scales: Scales): Plan => {
    const plan = planOf(ctx.model.part(name), ctx, scales)
    if (isRefusal(plan)) throw new DamsonError('refused-later', `"${name}" ${plan.refused}`)
    return plan
  }
  const plan = planned({})
  const seams = await scalesOfPart(ctx, name, plan)
  return { plan: Object.keys(seams).length > 0 ? planned(seams) : plan, seams }
}

/** Says how many products will run in integers, from what ONNX Runtime makes of the coded graph. */
async function reportKernels(ctx: Ctx, name: string, plan: Plan, state: PartState): Promise<void> {
  const coder = createCoder(reason => ctx.warn('no-wasm', reason))
  const optimized = await ctx.optimized(formed(plan, placementOf(plan, state, coder, 'report'), ctx.params.format).graph)
  if (!optimized) return ctx.warn('integer-nodes', `Part "${name}": which nodes run in integers cannot be read here.`)
  const counts = kernelCounts(optimized)
  const float = new Set(state.float)
  const kept = plan.nodes.map(({ node }) => node).filter(node => float.has(node.outputs[0] ?? '')).map(nodeIdentity)
  ctx.warn('integer-nodes', kernelReport(name, counts, kept), { part: name, ...counts, kept })
} // prettier-ignore

/** The coding of every range; values of which no finite number was seen get that of 0 alone. */
function codingsOf(plan: Plan, seen: ReadonlyMap<string, StatisticResult>, params: Ctx['params']): ReadonlyMap<string, Coding> {
  const ranges = new Set([...plan.pairs.values()].map(({ range }) => range))
  const codings = new Map<string, Coding>()
  for (const range of ranges) codings.set(range, codingOf(plan.type, rangeOf(range, plan, seen, params)))
  return codings
} // prettier-ignore

function rangeOf(
  value: string,
  { graph, type }: Plan,
  seen: ReadonlyMap<string, StatisticResult>,
  { calibrate, overrides }: Ctx['params'],
): Range {
  const [min, max] = overrides[value] ?? []
  if (min !== undefined && max !== undefined) return { min, max }
  const observed = observedOf(seen.get(value))
  if (!observed) return { min: 0, max: 0 }
  return activationRange(observed, calibrate, levelsOf(type), curveBehind(graph, value))
}

type CodedWeights = Pick<PartState, 'scales' | 'biases'>
type Means = ReadonlyMap<string, Float64Array>

/** Scales of all weights, and the biases that go with them. */
async function weightsOf(ctx: Ctx, plan: Plan, means: Means): Promise<CodedWeights> {
  const { scales, biases } = await productWeights(ctx, plan.products, means, pairsMayOverflow(ctx))
  const tables: Record<string, Tensor> = {}
  for (const table of plan.tables) {
    const laid = ctx.params.per === 'channel' ? { shape: table.tensor.shape, axis: 1 } : undefined
    const own = scalesFor(await floats(table), laid, false)
    tables[table.id] = memoryTensor('float32', [own.length], own)
  }
  return { scales: { ...scales, ...tables }, biases }
}

/** One weight in memory at a time. `overflow`: pairs of products may leave 16 bits. */
async function productWeights(
  ctx: Ctx, products: readonly Product[], means: Means, overflow: boolean,
): Promise<CodedWeights> {
  const scales: Record<string, Tensor> = {}
  const biases: Record<string, Tensor> = {}
  for (const [at, product] of products.entries()) {
    ctx.signal.throwIfAborted()
    const { weight, axis, node } = product
    const values = await floats(weight)
    const laid = { shape: weight.tensor.shape, axis }
    const own = scalesFor(values, ctx.params.per === 'channel' ? laid : undefined, overflow && !isDepthwise(product))
    const each = spread(own, laid.shape[axis] ?? 1)
    scales[weight.id] = memoryTensor('float32', [own.length], own)
    const bias = await biasOf(product, values, each, means)
    if (bias) biases[node.outputs[0] ?? ''] = memoryTensor('float32', [bias.length], bias)
    ctx.progress(at + 1, products.length)
  }
  return { scales, biases }
} // prettier-ignore

/** Weights of products in floating point are storage: those that save nothing stay as they are, and no pair of the others overflows. */
async function storedWeights(
  ctx: Ctx, { products }: Plan, { chosen, coded, means }: { readonly chosen: Choice; readonly coded: CodedWeights; readonly means: Means },
): Promise<CodedWeights> {
  const float = new Set<IntegerNode>(chosen.float)
  const multiplied = new Set(products.flatMap(product => (float.has(product) ? [] : [product.weight.id])))
  const stored = products.filter(({ weight }) => !multiplied.has(weight.id) && !chosen.weights.has(weight.id))
  const [saving, small] = [stored.filter(savesBytes), stored.filter(product => !savesBytes(product))]
  const whole = pairsMayOverflow(ctx) ? await productWeights(ctx, saving, means, false) : coded
  const kept = new Set([...chosen.weights, ...small.map(({ weight }) => weight.id)])
  const scales = Object.entries({ ...coded.scales, ...whole.scales }).filter(([id]) => !kept.has(id))
  return { scales: Object.fromEntries(scales), biases: { ...coded.biases, ...whole.biases } }
} // prettier-ignore

/** True if codes, a factor for each channel and the nodes that widen them are less than the weight. */
function savesBytes({ weight, axis }: Product): boolean {
  const { shape, byteLength } = weight.tensor
  return elementCount(shape) + 4 * (shape[axis] ?? 1) + nodeBytes(weight, 3) < byteLength
}

/** [channels], or one scale for all where nothing is laid out in channels. */
function scalesFor(values: Float32Array, laid: Laid | undefined, pairs: boolean): Float32Array<ArrayBuffer> {
  return weightScales(values, laid ?? { shape: [1, values.length], axis: 0 }, pairs)
}

async function biasOf(
  { node, weight, axis, bias, inputs }: Product,
  values: Float32Array,
  scales: Float32Array,
  means: ReadonlyMap<string, Float64Array>,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  if (node.op === 'MatMul') return undefined
  const before = bias ? await floats(bias) : undefined
  const mean = means.get(inputs[0] ?? '')
  if (!mean) return before ? Float32Array.from(before) : undefined
  const groups = intOf(node, 'group', 1)
  const change = biasCorrection({ weight: values, scales, laid: { shape: weight.tensor.shape, axis }, means: mean, groups })
  return Float32Array.from(change, (value, at) => (before?.[at] ?? 0) + value)
} // prettier-ignore

/** One input channel a filter: its kernel multiplies in 32 bits and cannot overflow. */
function isDepthwise({ node, weight }: Product): boolean {
  return node.op === 'Conv' && intOf(node, 'group', 1) > 1 && weight.tensor.shape[1] === 1
}

/** A weight in memory. Throws `unsound-weight` for numbers that are not finite. */
async function floats({ tensor, id }: Weight): Promise<Float32Array> {
  const values = await toTypedArray(tensor)
  if (!(values instanceof Float32Array)) throw new DamsonError('internal', `Expected float32 in "${id}".`)
  if (values.some(value => !Number.isFinite(value)))
    throw new DamsonError('unsound-weight', `Expected finite numbers in "${id}". Exclude this weight, or repair the model.`)
  return values
} // prettier-ignore
