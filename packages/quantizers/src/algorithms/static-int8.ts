// Products in 8-bit integers with ranges of activations that are known beforehand. Weights are int8 with a scale for each
// channel, activations uint8 with the range that samples showed; pairs of QuantizeLinear and DequantizeLinear stand where
// ONNX Runtime's integer kernels want them.
//   x ≈ s_x (q_x − z_x),   w ≈ s_w q_w,   Σ x·w ≈ s_x s_w Σ (q_x − z_x) q_w
import { defineAlgorithm, flag, oneOf, real, record } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { createCoder } from '../coder.ts'
import { sitesOf } from '../static/claimed-sites.ts'
import { fitPart, type PartState } from '../static/fit.ts'
import { rewritePart } from '../static/rewrite-part.ts'

const id = '@damson/quantizers/static-int8'
const version = 1

const params = {
  /** Codes of activations. `auto`: uint8, for which CPUs have integer kernels. uint16 has none: better, slower, opset 21. */
  activations: oneOf({
    options: ['int8', 'uint8', 'uint16'],
    or: ['auto'],
    default: 'auto',
    doc: 'Codes of activations. auto: uint8, for which CPUs have integer kernels. uint16 has none: better, slower, opset 21.',
  }),
  /** Keep sums of two products within 16 bits. `auto`: on cpu; not on cpu:vnni and wasm, which add in 32 bits. */
  reduceRange: flag({
    or: ['auto'],
    default: 'auto',
    doc: 'Keep sums of two products within 16 bits. auto: on cpu; not on cpu:vnni and wasm, which add in 32 bits.',
  }),
  /** Codes of weights. uint8 ones need no reduced range anywhere. */
  weights: oneOf({
    options: ['int8', 'uint8'],
    default: 'int8',
    doc: 'Codes of weights. uint8 ones need no reduced range anywhere.',
  }),
  /** What shares a scale of a weight. */
  per: oneOf({ options: ['channel', 'tensor'], default: 'channel', doc: 'What shares a scale of a weight.' }),
  /** From what was seen of an activation to its range. */
  calibrate: oneOf({
    options: ['minmax', 'moving-average', 'percentile', 'entropy', 'mse'],
    default: 'mse',
    doc: 'From what was seen of an activation to its range: all of it, means over samples, 99.999 %, or least error.',
  }),
  /** Pairs of QuantizeLinear and DequantizeLinear, or operators on codes: the same codes, for what does not fuse pairs. */
  format: oneOf({
    options: ['qdq', 'qoperator'],
    default: 'qdq',
    doc: 'Pairs of QuantizeLinear and DequantizeLinear, or operators on codes: the same codes, for what does not fuse pairs.',
  }),
  /** SmoothQuant: how much of the differences between channels of activations goes into the weights; 0: nothing is moved. */
  smooth: real({
    min: 0,
    max: 1,
    default: 0,
    doc: 'SmoothQuant: how much of the differences between channels of activations goes into the weights; 0: nothing is moved.',
  }),
  /** Make the ranges of the channels between two products equal, by scales folded into both. */
  equalize: flag({
    default: false,
    doc: 'Make the ranges of the channels between two products equal, by scales folded into both.',
  }),
  /** Take what coded weights add to the mean of an output out of its bias. */
  biasCorrection: flag({
    default: true,
    doc: 'Take what coded weights add to the mean of an output out of its bias.',
  }),
  /** Time that may be spent, as a share of the shortest there is, on nodes that are sensitive and stay in floating point. */
  protect: real({
    min: 0,
    max: 1,
    default: 0.02,
    doc: 'Time that may be spent, as a share of the shortest there is, on nodes that are sensitive and stay in floating point.',
  }),
  /** Ranges of single activations, [min, max] by name of the value. */
  overrides: record({
    of: { kind: 'pair', of: { kind: 'real', min: -Infinity, max: Infinity } },
    default: {},
    doc: 'Ranges of single activations, [min, max] by name of the value.',
  }),
}
export type Params = typeof params
type Fitted = Readonly<Record<string, PartState>>

/** Integer products with activations coded in known ranges. */
export const staticInt8 = defineAlgorithm<Params, Fitted>({
  id,
  version,
  summary: 'Products and convolutions in 8-bit integers, with ranges of activations learnt from samples.',
  paper:
    'Jacob et al. 2018, arXiv 1712.05877; Nagel et al. 2019, arXiv 1906.04721; Xiao et al. 2022, arXiv 2211.10438',
  contract: {
    needs: ['weight:float32', 'op:plain'],
    takes: ['weight:float', 'op:plain'],
    gives: ['weight:coded'],
    changes: true,
  },
  params,
  groups: (part, ctx) => sitesOf(part, ctx),
  async fit(ctx) {
    const state: Record<string, PartState> = {}
    for (const part of ctx.parts) state[part] = await fitPart(ctx, part)
    checkOverrides(ctx.params.overrides, Object.values(state))
    return state
  },
  rewrite: (model, ctx, state) => {
    const coder = createCoder(reason => ctx.warn('no-wasm', reason))
    return ctx.parts.reduce(
      (changed, name) =>
        rewritePart(changed, name, { ctx, state: state[name], coder, key: `${id}:${version}` }),
      model,
    )
  },
})

/** Every override has to be of a value that is coded somewhere. */
function checkOverrides(overrides: Readonly<Record<string, unknown>>, states: readonly PartState[]): void {
  const coded = new Set(states.flatMap(({ codings }) => Object.keys(codings)))
  const unknown = Object.keys(overrides).filter(name => !coded.has(name))
  if (unknown.length === 0) return
  throw new DamsonError(
    'invalid-param',
    `${id}: "overrides" expects names of values that are coded, got ${unknown.join(', ')}. Coded are: ${[...coded].slice(0, 10).join(', ')}${coded.size > 10 ? ', …' : ''}.`,
    { details: { unknown, coded: [...coded] } },
  )
}
