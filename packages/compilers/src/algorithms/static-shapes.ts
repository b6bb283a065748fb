// A model whose sizes are open computes them at every run: Shape, Gather, Concat, Range, Where. Sizes that never change are
// numbers of the graph instead, and all that depends on nothing else is computed once:
//   Reshape(x, Concat(Shape(x)[0], 64)), x [batch, 64]  →  Reshape(x, [1, 64]), x [1, 64]
// Masks and tables that come out as constants are evaluated by ONNX Runtime while it fits. Nothing acts at run time.
import {
  defineAlgorithm, int, isRefusal, record, refuse, type Context, type FitContext, type Group, type Model, type Part,
  type Refusal,
} from '@damson/core' // prettier-ignore
import { DamsonError, type Graph } from '@damson/graph'
import { evaluateConstants, foldEvaluated, type Rounds } from '../evaluated-constants.ts'
import { freeze } from '../static-shapes/freeze.ts'
import { fixedSizes, openSizes } from '../static-shapes/sizes.ts'

const params = {
  /** Sizes by name (`batch`), by expression (`past + sequence`), or by input and axis where there is no name (`input_ids:1`). */
  dims: record({
    of: { kind: 'int', min: 1, max: 2 ** 31 - 1 },
    default: {},
    doc: 'Sizes by name (batch), by expression (past + sequence), or by input and axis where there is no name (input_ids:1).',
  }),
  /** Constants of more bytes stay computed: they would only make the file larger. */
  limit: int({
    min: 0,
    max: 2 ** 31 - 1,
    default: 2 ** 22,
    doc: 'Constants of more bytes than this stay computed. A mask of 1024² in float32 is 4 MiB.',
  }),
}

type Ctx = Context<typeof params>
type State = { readonly [part: string]: Rounds }

/** Named sizes frozen to numbers, and everything folded that then is constant. */
export const staticShapes = defineAlgorithm({
  id: '@damson/compilers/static-shapes',
  version: 1,
  summary: 'Named sizes become numbers, and everything that then is constant is computed once.',
  contract: { gives: ['shape:static'] },
  params,
  groups: groupsOf,
  fit,
  rewrite: (model: Model, ctx: Ctx, state: State) =>
    ctx.parts.reduce(
      (changed, name) =>
        changed.withGraph(
          name,
          foldEvaluated(frozen(changed.part(name), ctx), state[name] ?? [], ctx.params.limit),
        ),
      model,
    ),
})

function groupsOf(part: Part, { params: { dims } }: Ctx): readonly Group[] | Refusal {
  if (isStatic(part.graph)) {
    const sizes = fixedSizes(part.graph, dims)
    return isRefusal(sizes) ? sizes : refuse('has fixed sizes already', part.name)
  }
  const sizes = fixedSizes(part.graph, dims)
  if (isRefusal(sizes)) return sizes
  const gives = isStatic(freeze(part.graph, sizes))
  return [{ sites: [{ part }], ...(gives ? { gives: ['shape:static'] } : {}) }]
}

async function fit(ctx: FitContext<typeof params>): Promise<State> {
  const state: Record<string, Rounds> = {}
  for (const [at, name] of ctx.parts.entries()) {
    if (Object.keys(ctx.params.dims).length === 0) warnOfNone(ctx, name)
    state[name] = await evaluateConstants(frozen(ctx.model.part(name), ctx), ctx.params.limit, ctx)
    ctx.progress(at + 1, ctx.parts.length)
  }
  return state
}

function warnOfNone(ctx: FitContext<typeof params>, part: string): void {
  const sizes = openSizes(ctx.model.part(part).graph)
  ctx.warn('no-dims', `Part "${part}": no size is fixed, since none is given in dims; it has ${sizes}.`, {
    part,
  })
}

function frozen({ name, graph }: Part, { params: { dims } }: Pick<Ctx, 'params'>): Graph {
  const sizes = fixedSizes(graph, dims)
  if (!isRefusal(sizes)) return freeze(graph, sizes)
  throw new DamsonError('refused-later', `"${name}" ${sizes.refused}.`, { details: { part: name } })
}

/** Every axis of every input that a caller feeds has a number; 0 is how files say that it has none. */
function isStatic(graph: Graph): boolean {
  return graph.requiredInputs().every(({ type }) => {
    const shape = type?.kind === 'tensor' ? type.shape : undefined
    return shape?.every(dim => typeof dim === 'number' && dim > 0) ?? false
  })
}
