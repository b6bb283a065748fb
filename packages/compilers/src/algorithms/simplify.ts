// The same function with fewer operators: what depends on constants only is computed once, what is computed twice is
// merged, what does nothing goes, and scales, shifts and norms behind a convolution or product become part of it:
//   BN(W∗x + b) = (W·γ/σ)∗x + (b − μ)·γ/σ + β.
// `fit` runs the constant parts and compares weights; `rewrite` goes the same way by what was noted.
import {
  defineAlgorithm, facts, int, list, oneOf, refuse,
  type Context, type FitContext, type Group, type Part, type Refusal, type Site, type StateValue,
} from '@damson/core' // prettier-ignore
import { isRefusal, upgradeOpset, walk, weights, type Weight } from '@damson/graph'
import { answersFor } from '../simplify/fitting.ts'
import { replayed, simplified, type Asking } from '../simplify/loop.ts'
import { ruleSetNames } from '../simplify/rule-sets.ts'
import { withinNodes } from '../simplify/veil.ts'

const id = '@damson/compilers/simplify'
const version = 1

const params = {
  /** Which sets of rules are applied. */
  rules: list({
    of: { kind: 'one-of', options: ruleSetNames },
    default: 'all',
    or: ['all'],
    doc: 'all, or the sets to apply: identities, views, slices, axes, logic, scaling, convolutions, products, constants, sizes, common, branches, weights.',
  }),
  /** Most bytes of a result that is computed beforehand. */
  foldLimit: int({
    min: 0,
    max: 2 ** 31,
    default: 65536,
    doc: 'Most bytes of a result that is computed beforehand and stored; larger ones stay computed at run time.',
  }),
  /** ONNX operator set to upgrade to. */
  opset: int({
    min: 7,
    max: 24,
    default: 'keep',
    or: ['keep'],
    doc: 'ONNX operator set to upgrade to, where that is newer.',
  }),
  /** What becomes of functions that the model defines. */
  functions: oneOf({
    options: ['keep', 'inline'],
    default: 'keep',
    doc: 'Functions that the model defines: keep (their bodies are simplified), or inline into their callers.',
  }),
}

type Ctx = Context<typeof params>
type Answers = Readonly<Record<string, readonly StateValue[]>>

const contract = { needs: ['op:plain', 'weight:float'], changes: true } as const

/** Constant folding, dead and repeated code, chains of shapes, norms and biases inside convolutions and products. */
export const simplify = defineAlgorithm({
  id,
  version,
  summary: 'The same function with fewer operators, weights as initializers, and constants folded.',
  contract,
  params,
  groups: groupsOf,
  fit,
  rewrite: (model, ctx, answers) =>
    ctx.parts.reduce((now, name) => {
      const part = now.part(name)
      const graph = replayed(asking(part, ctx), answers[name] ?? [])
      return graph === part.graph ? now : now.withGraph(name, graph)
    }, model),
})

/** Plain nodes and float weights change; all others may: quantized and fused operators are merged and removed too. */
function groupsOf(part: Part, ctx: Ctx): readonly Group[] | Refusal {
  const nodes = [...walk(part.graph)].map(({ node, scope }): Site => ({ node, path: scope.path }))
  if (nodes.length === 0) return refuse('has no operators', part.name)
  const refused = ctx.params.opset === 'keep' ? undefined : upgradeOpset(part.graph, ctx.params.opset)
  if (isRefusal(refused)) return refused
  const whole = !nodes.some(site => !ctx.selects(site))
  if (!whole && (ctx.params.opset !== 'keep' || ctx.params.functions === 'inline'))
    return refuse('can change its operator set or inline functions only as a whole', part.name)
  const isPlain = (site: Site): boolean => facts['op:plain'].probe?.(site, part) === true
  const matrices = weights(part.graph).map((weight): Site => ({ weight }))
  const floats = matrices.filter(site => facts['weight:float'].probe?.(site, part) === true)
  const groups: readonly Group[] = [
    { sites: nodes.filter(isPlain), needs: ['op:plain'], changes: true },
    { sites: floats, needs: ['weight:float'], changes: true },
    { sites: nodes.filter(site => !isPlain(site)), changes: true },
  ]
  return groups.filter(({ sites }) => sites.length > 0)
}

async function fit(ctx: FitContext<typeof params>): Promise<Answers> {
  const answers: Record<string, readonly StateValue[]> = {}
  for (const [at, name] of ctx.parts.entries()) {
    answers[name] = await answersFor(asking(ctx.model.part(name), ctx), ctx)
    ctx.progress(at + 1, ctx.parts.length)
  }
  return answers
}

/** The work on one part: on its whole graph, or within the nodes that are claimed. */
function asking(part: Part, ctx: Ctx): Asking {
  const { rules, foldLimit: limitBytes, opset, functions } = ctx.params
  const options = { sets: new Set(rules === 'all' ? ruleSetNames : rules), limitBytes, opset, functions }
  const sites = ctx.groups(part).flatMap(group => group.sites)
  const claimed = new Set(
    sites.map(site => ('node' in site ? site.node : 'weight' in site ? site.weight.id : site.part)),
  )
  const isKept = (weight: Weight): boolean =>
    !claimed.has(weight.id) && facts['weight:float'].probe?.({ weight }, part) === true
  const kept = weights(part.graph).filter(isKept)
  const reading = new Set(kept.flatMap(weight => weight.uses.map(use => use.node)))
  const all = [...walk(part.graph)].map(({ node }) => node)
  const inside = new Set(all.filter(node => claimed.has(node) && !reading.has(node)))
  if (inside.size === all.length) return simplified(part.graph, options)
  return withinNodes(part.graph, inside, graph => simplified(graph, { ...options, whole: false }))
}
