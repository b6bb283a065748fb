// Weights in 16 bits, half the size everywhere; arithmetic too where there are kernels for it, half the traffic on GPUs. What a
// half cannot hold stays in fp32: weights and activations beyond its range, indices and angles beyond its digits.
//   float16: 1 + 5 + 10 bits, |x| <= 65504, steps of 2^-24 below 6.1e-5;   bfloat16: 1 + 8 + 7 bits, the range of fp32
import {
  defineAlgorithm,
  oneOf,
  type Context,
  type FitContext,
  type Group,
  type Model,
  type Part,
} from '@damson/core'
import { DamsonError, isRefusal, refuse, walk, weights, type Refusal, type Weight } from '@damson/graph'
import { createCoder, type Coder } from '../coder.ts'
import { examine, findingsOf, type PartFindings } from '../half-fit.ts'
import { hasSamples } from '../has-samples.ts'
import { nodeKey } from '../half-graph.ts'
import {
  everywhere,
  halfGraphOf,
  hasArithmetic,
  layOut,
  nothingFound,
  type HalfAim,
  type HalfFindings,
  type HalfLayout,
  type HalfPlace,
} from '../half-layout.ts'
import { reportOf, warnKept } from '../half-report.ts'
import { addedBytes, rewriteHalf, savedBytes } from '../half-rewrite.ts'

const id = '@damson/quantizers/half'
const version = 1

const params = {
  /** Format of a half. */
  type: oneOf({
    options: ['float16', 'bfloat16'],
    default: 'float16',
    doc: 'Format of a half. bfloat16 is computed on by cuda alone.',
  }),
  /** Whether graph inputs and outputs become halves too. */
  io: oneOf({
    options: ['keep', 'convert'],
    default: 'keep',
    doc: 'Whether graph inputs and outputs become halves too.',
  }),
  /** What is looked at before anything becomes a half. */
  guard: oneOf({
    options: ['auto', 'off', 'weights', 'calibrated'],
    default: 'auto',
    doc: 'What is looked at to find what a half cannot hold: nothing, weights, or activations on samples too. auto: calibrated if nodes compute on halves and there are samples, else weights.',
  }),
  /** What nodes compute on. */
  compute: oneOf({
    options: ['auto', 'half', 'float32'],
    default: 'auto',
    doc: 'What nodes compute on: halves, or what a cast makes of them when the model is loaded. auto: halves on targets that have kernels for them (webgpu, cuda) and with guard: calibrated, float32 on cpu and wasm.',
  }),
}

type Ctx = Context<typeof params>
type State = Readonly<Record<string, PartFindings>>

/** Half precision with a guard against what it cannot hold. */
export const half = defineAlgorithm<typeof params, State>({
  id,
  version,
  summary:
    'Weights, and on GPUs arithmetic, in 16-bit floats; what leaves their range stays in fp32, and is reported.',
  paper: "Micikevicius et al. 2018, arXiv 1710.03740; ONNX Runtime's float16 tool; ModelOpt AutoCast",
  contract: { takes: ['weight:float32'], changes: true },
  params,
  groups: (part, ctx) => groupsOf(part, ctx),
  fit: ctx => fitHalf(ctx),
  rewrite: (model, ctx, state) => {
    const coder = coderOf(ctx)
    return ctx.parts.reduce((made, name) => rewritePart(made, name, ctx, state[name], coder), model)
  },
})

function aimOf({ params: { type, io, guard, compute }, target }: Ctx): HalfAim {
  const able = hasArithmetic(type, target)
  // Who asks for the ranges of activations wants activations to be halves.
  const asked = compute === 'half' || (type === 'float16' && guard === 'calibrated')
  return { type, io, target, computes: compute !== 'float32' && (able || asked) }
}

const coderOf = (ctx: Ctx): Coder => createCoder(reason => ctx.warn('no-wasm', reason))

function layoutIn(
  { graph }: Part, ctx: Ctx, findings: HalfFindings, place: HalfPlace, coder: Coder,
): HalfLayout {
  const narrowing = { coder, key: `${id}:${version}` }
  return layOut(halfGraphOf(graph, ctx.params.type), aimOf(ctx), findings, place, narrowing)
} // prettier-ignore

function groupsOf(part: Part, ctx: Ctx): readonly Group[] | Refusal {
  const { type, computes } = aimOf(ctx)
  if (computes && type === 'bfloat16' && !hasArithmetic(type, ctx.target))
    return refuse(
      `${ctx.target} has no kernels for bfloat16: leave compute at auto or choose float32, then it is storage`,
    )
  const layout = attempt(() => layoutIn(part, ctx, nothingFound, everywhere, coderOf(ctx)))
  if (isRefusal(layout)) return layout
  const taken = weights(part.graph).filter(weight => isTaken(layout, weight))
  if (taken.length === 0)
    return refuse(
      computes
        ? 'has no fp32 weight that may become a half'
        : 'has no fp32 weight that takes less room as a half with a cast behind it',
    )
  const [saved, added] = [savedBytes(layout), addedBytes(layout)]
  if (saved <= added)
    return refuse(`would grow: ${saved} bytes of weights are saved, ${added} of casts added`)
  const functions = new Set(part.graph.header.functions.map(({ domain, name }) => `${domain}:${name}`))
  const nodes = [...walk(part.graph)].filter(({ node, scope }) => {
    const known = layout.graph.byKey.get(nodeKey(scope, node))
    return (known && layout.modes.isHalf(known)) || functions.has(`${node.domain}:${node.op}`)
  })
  const sites = [
    ...taken.map(weight => ({ weight })),
    ...nodes.map(({ node, scope }) => ({ node, path: scope.path })),
  ]
  // One group: nodes without weights belong to the step just as much, and a place cuts it site by site.
  return [{ sites, takes: ['weight:float32'], changes: true }]
}

/** Functions that call themselves cannot be put where they are called. */
function attempt<T>(work: () => T): T | Refusal {
  try {
    return work()
  } catch (error) {
    if (DamsonError.isInstance(error)) return refuse(error.message)
    throw error
  }
}

function isTaken({ forms }: HalfLayout, { scope, name }: Weight): boolean {
  const form = forms.get(`${scope.path}\n${name}`)
  return form === 'half' || form === 'cast'
}

async function fitHalf(ctx: FitContext<typeof params>): Promise<State> {
  const { compute, type } = ctx.params
  if (compute === 'auto' && !aimOf(ctx).computes)
    ctx.warn(
      'storage-only',
      `${ctx.target} has no kernels for ${type}, so halves are storage there and nodes compute on float32. For arithmetic on halves choose another target (${type === 'float16' ? 'webgpu, cuda' : 'cuda'}); compute: float32 says that storage is what you want.`,
    )
  const coder = coderOf(ctx)
  const state: Record<string, PartFindings> = {}
  for (const name of ctx.parts) {
    const part = ctx.model.part(name)
    const guard = await guardOf(ctx, name)
    const lay = (found: HalfFindings): HalfLayout => layoutIn(part, ctx, found, placeIn(part, ctx), coder)
    state[name] = await examine({ name, guard, aim: aimOf(ctx), layOut: lay }, coder, ctx)
  }
  return state
}

/** What is looked at: without arithmetic on halves no activation becomes one. */
async function guardOf(
  ctx: FitContext<typeof params>,
  part: string,
): Promise<'off' | 'weights' | 'calibrated'> {
  const { guard } = ctx.params
  if (guard === 'off' || guard === 'weights') return guard
  const looks = aimOf(ctx).computes && (guard === 'calibrated' || (await hasSamples(ctx, part)))
  return looks ? 'calibrated' : 'weights'
}

function rewritePart(
  model: Model, name: string, ctx: Ctx, found: PartFindings | undefined, coder: Coder,
): Model {
  const part = model.part(name)
  const layout = layoutIn(part, ctx, found ? findingsOf(found) : nothingFound, placeIn(part, ctx), coder)
  if (found) warnKept(ctx, name, reportOf(layout, found))
  return model.withGraph(name, rewriteHalf(layout))
} // prettier-ignore

function placeIn(part: Part, ctx: Ctx): HalfPlace {
  const { constants } = halfGraphOf(part.graph, ctx.params.type)
  return {
    node: ({ node, scope }) => ctx.selects({ node, path: scope.path }),
    constant: each => {
      const weight = constants.get(each)
      if (weight === undefined) return false
      // Constant nodes, which functions bring along, go where their readers go.
      const uses = weight.storage === 'constant' ? weight.uses : []
      return (
        ctx.selects({ weight }) ||
        (uses.length > 0 && uses.every(({ node, scope }) => ctx.selects({ node, path: scope.path })))
      )
    },
  }
}
