// Weights and arithmetic in 16 bits: half the size everywhere, and on GPUs half the traffic. What a half cannot hold stays in
// fp32: weights and activations beyond its range, indices and angles beyond its digits.
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
    doc: 'Format of a half. bfloat16 is storage only but on cuda.',
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
    doc: 'What is looked at to find what a half cannot hold: nothing, weights, or activations on samples too. auto: calibrated if there are samples, else weights.',
  }),
}

type Ctx = Context<typeof params>
type State = Readonly<Record<string, PartFindings>>

/** Half precision with a guard against what it cannot hold. */
export const half = defineAlgorithm<typeof params, State>({
  id,
  version,
  summary: 'Weights and arithmetic in 16-bit floats; what leaves their range stays in fp32, and is reported.',
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

const aimOf = ({ params, target }: Ctx): HalfAim => ({ type: params.type, io: params.io, target })

const coderOf = (ctx: Ctx): Coder => createCoder(reason => ctx.warn('no-wasm', reason))

function layoutIn(
  { graph }: Part, ctx: Ctx, findings: HalfFindings, place: HalfPlace, coder: Coder,
): HalfLayout {
  const narrowing = { coder, key: `${id}:${version}` }
  return layOut(halfGraphOf(graph, ctx.params.type), aimOf(ctx), findings, place, narrowing)
} // prettier-ignore

function groupsOf(part: Part, ctx: Ctx): readonly Group[] | Refusal {
  const layout = attempt(() => layoutIn(part, ctx, nothingFound, everywhere, coderOf(ctx)))
  if (isRefusal(layout)) return layout
  const taken = weights(part.graph).filter(weight => isTaken(layout, weight))
  if (taken.length === 0) return refuse('has no fp32 weight that may become a half')
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
  const coder = coderOf(ctx)
  const state: Record<string, PartFindings> = {}
  for (const name of ctx.parts) {
    const { guard: asked } = ctx.params
    const guard = asked === 'auto' ? ((await hasSamples(ctx, name)) ? 'calibrated' : 'weights') : asked
    const part = ctx.model.part(name)
    const lay = (found: HalfFindings): HalfLayout => layoutIn(part, ctx, found, placeIn(part, ctx), coder)
    state[name] = await examine({ name, guard, aim: aimOf(ctx), layOut: lay }, coder, ctx)
  }
  return state
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
