// Small stand-ins for the algorithms that DESIGN §3 reasons about: they say what the real ones will say of their sites,
// and rewrite just enough for a test to see that they ran.
import {
  Draft,
  elementCount,
  memoryTensor,
  refuse,
  tensorOf,
  weights,
  type Graph,
  type Node,
  type Weight,
} from '@damson/graph'
import {
  defineAlgorithm, int, oneOf, real, text, type Defined, type Fact, type Group, type Model, type Part, type Params,
} from '../src/index.ts' // prettier-ignore

/** Float weights of two dimensions or more on the second input of a MatMul. */
export function layers(part: Part): readonly Weight[] {
  return weights(part.graph).filter(
    ({ uses, tensor }) =>
      tensor.dtype.startsWith('float') &&
      tensor.shape.length > 1 &&
      uses.some(use => use.node.op === 'MatMul' && use.input === 1),
  )
}

/** A group for each of those weights. */
export function weightSites(part: Part, facts: Omit<Group, 'sites'>): readonly Group[] {
  return layers(part).map(weight => ({ sites: [{ weight }], ...facts }))
}

const precise = ({ tensor }: Weight): Fact => (tensor.dtype === 'float32' ? 'weight:float32' : 'weight:float')

/** Codes a weight: says so, and puts MatMulNBits in the place of MatMul. */
function coded(weight: Weight): Group {
  return { sites: [{ weight }], needs: [precise(weight)], takes: ['weight:float'], gives: ['weight:coded'] }
}

function code(graph: Graph, names: readonly string[]): Graph {
  const draft = new Draft(graph)
  for (const node of draft.nodes) {
    const name = node.op === 'MatMul' ? node.inputs[1] : undefined
    if (name === undefined || !names.includes(name)) continue
    const before = draft.initializers.get(name)
    if (!before) continue
    const { shape } = before.tensor
    const codes = memoryTensor('uint8', shape, new Uint8Array(elementCount(shape)).fill(3))
    const q = draft.addInitializer(`${name}_Q`, codes, { origins: before.origins })
    const scales = draft.addInitializer(`${name}_scales`, tensorOf('float32', [1], [0.5]))
    draft.replace(node, {
      op: 'MatMulNBits',
      domain: 'com.microsoft',
      inputs: [node.inputs[0] ?? '', q, scales],
    })
    if (draft.users(name).length === 0) draft.removeInitializer(name)
  }
  const body = draft.finish()
  return graph.with({
    nodes: body.nodes,
    initializers: body.initializers,
    inputs: body.inputs,
    outputs: body.outputs,
    types: body.types,
  })
}

/** Applies an edit of graphs to every claimed part. */
function everywhere(
  model: Model,
  ctx: { readonly parts: readonly string[]; groups(part: string): readonly Group[] },
  edit: (graph: Graph, weights: readonly string[]) => Graph,
): Model {
  return ctx.parts.reduce((made, name) => {
    const sites = ctx.groups(name).flatMap(group => group.sites)
    const names = sites.flatMap(site => ('weight' in site ? [site.weight.name] : []))
    return made.withGraph(name, edit(made.part(name).graph, names))
  }, model)
}

const contract = {
  needs: ['weight:float', 'weight:float32'],
  takes: ['weight:float'],
  gives: ['weight:coded'],
} as const

/** A data-free weight quantizer. */
function quantizer<const P extends Params>(tail: string, params: P): Defined<P, undefined> {
  return defineAlgorithm({
    id: `@test/quantizers/${tail}`,
    version: 1,
    summary: 'Codes the weights of MatMul.',
    contract,
    params,
    groups: part =>
      layers(part).length > 0 ? layers(part).map(coded) : refuse('no MatMul with a float weight'),
    rewrite: (model, ctx) => everywhere(model, ctx, code),
  })
}

export const hqq = quantizer('hqq', {
  bits: oneOf({ options: [2, 4, 8], default: 4, doc: 'bits a weight' }),
  blockSize: int({ min: 16, max: 256, default: 64, doc: 'weights a scale' }),
})
export const weightOnly = quantizer('weight-only', {
  bits: oneOf({ options: [4, 8], default: 4, doc: 'bits a weight' }),
})

/** Fits on samples, then codes. */
export const gptq = defineAlgorithm({
  id: '@test/quantizers/gptq',
  version: 1,
  summary: 'Codes weights after looking at activations.',
  contract,
  params: { damp: real({ min: 0, max: 1, default: 0.01, doc: 'dampening' }) },
  groups: part =>
    layers(part).length > 0 ? layers(part).map(coded) : refuse('no MatMul with a float weight'),
  fit: async ctx => ({ seed: ctx.seed }),
  rewrite: (model, ctx) => everywhere(model, ctx, code),
})

/** Two groups: the weights it codes, and the norm and other consumers that its scales are folded into. */
export const awq = defineAlgorithm({
  id: '@test/quantizers/awq',
  version: 1,
  summary: 'Scales folded into the producer, then codes.',
  contract: { ...contract, changes: true },
  params: {},
  groups(part, ctx) {
    const mine = layers(part).filter(weight => ctx.selects({ weight }))
    const norms = weights(part.graph).filter(weight =>
      weight.uses.some(
        ({ node, scope }) =>
          node.op === 'Mul' && node.outputs.some(out => feeds(scope.body.users(out), mine)),
      ),
    )
    const shared = layers(part).filter(
      weight => !mine.includes(weight) && weight.uses.some(use => norms.some(norm => behind(norm, use.node))),
    )
    return mine.length === 0
      ? refuse('no MatMul with a float weight')
      : [
          ...mine.map(coded),
          {
            sites: [...norms, ...shared].map(weight => ({ weight })),
            needs: ['weight:float'],
            changes: true,
          },
        ]
  },
  fit: async () => ({ scales: [1] }),
  rewrite: (model, ctx) => everywhere(model, ctx, code),
})

function feeds(uses: readonly { readonly node: Node }[], mine: readonly Weight[]): boolean {
  return uses.some(({ node }) => mine.some(weight => weight.uses.some(use => use.node === node)))
}
function behind(norm: Weight, node: Node): boolean {
  return norm.uses.some(use => use.node.outputs.some(out => node.inputs.includes(out)))
}

/** Takes `weight:float32` without needing it: what is coded by then stays coded. */
export const half = defineAlgorithm({
  id: '@test/quantizers/half',
  version: 1,
  summary: 'Weights and operators to 16 bit.',
  contract: { takes: ['weight:float32'] },
  params: {},
  groups: part => weights(part.graph).filter(({ tensor }) => tensor.dtype === 'float32').map(weight => ({ sites: [{ weight }], takes: ['weight:float32'] })), // prettier-ignore
  rewrite: model => model,
})

/** Fuses an Add behind a MatMul: takes `op:plain` from both nodes. */
export const fuse = defineAlgorithm({
  id: '@test/kernels/fuse',
  version: 1,
  summary: 'Fuses MatMul and Add.',
  contract: { needs: ['op:plain'], takes: ['op:plain'] },
  params: {},
  groups: part => nodesOf(part, ['MatMul', 'Add'], { needs: ['op:plain'], takes: ['op:plain'] }),
  rewrite: model => model,
})

/** Q/DQ pairs on the edges of the nodes it claims; codes their weights. */
export const staticInt8 = defineAlgorithm({
  id: '@test/quantizers/static-int8',
  version: 1,
  summary: 'Q/DQ pairs.',
  contract: {
    needs: ['weight:float', 'op:plain'],
    takes: ['weight:float', 'op:plain'],
    gives: ['weight:coded'],
  },
  params: {},
  groups(part) {
    return layers(part).map(weight => ({
      sites: [{ weight }, ...weight.uses.map(({ node, scope }) => ({ node, path: scope.path }))],
      needs: ['weight:float', 'op:plain'],
      takes: ['weight:float', 'op:plain'],
      gives: ['weight:coded'],
    }))
  },
  fit: async () => ({ ranges: [0, 1] }),
  rewrite: model => model,
})

/** Gates regions of nodes whose names start with a prefix. */
export const cacher = defineAlgorithm({
  id: '@test/cachers/region',
  version: 1,
  summary: 'Reuses a region.',
  contract: { needs: ['run:always', 'loop:denoise'], takes: ['run:always'] },
  params: {
    interval: int({ min: 1, max: 10, default: 2, doc: 'full every n-th call' }),
    region: text({ default: '', doc: 'prefix' }),
  },
  groups(part, ctx) {
    const nodes = part.graph.nodes.filter(node => node.name.startsWith(ctx.params.region))
    return [
      { sites: nodes.map(node => ({ node })), needs: ['run:always', 'loop:denoise'], takes: ['run:always'] },
    ]
  },
  rewrite: model => model,
})

/** Reuses the whole output; acts around runs only. */
export const periodic = defineAlgorithm({
  id: '@test/cachers/periodic',
  version: 1,
  summary: 'Reuses the output.',
  contract: { needs: ['run:always', 'loop:denoise'], takes: ['run:always'] },
  params: { interval: int({ min: 1, max: 10, default: 2, doc: 'full every n-th call', live: true }) },
  groups: part =>
    part.role === 'denoiser'
      ? [{ sites: [{ part }], needs: ['run:always', 'loop:denoise'], takes: ['run:always'] }]
      : refuse('not called in a denoising loop', part.name),
  wrap(ctx) {
    const part = ctx.parts[0] ?? ''
    return () => ({ part, around: next => (feeds, call) => next(feeds, call) })
  },
})

/** Freezes a graph for other runtimes: nothing follows it. */
export const portable = defineAlgorithm({
  id: '@test/compilers/portable',
  version: 1,
  summary: 'Only plain operators, closed.',
  contract: { takes: ['graph:open'] },
  params: {},
  groups: part => [{ sites: [{ part }], takes: ['graph:open'] }],
  rewrite: model => model,
})

/** Adds a delta to weights: only numbers move. */
export const mergeLora = defineAlgorithm({
  id: '@test/recoverers/merge-lora',
  version: 1,
  summary: 'Merges a low-rank delta.',
  contract: { needs: ['weight:float'], changes: true },
  params: { scale: real({ min: 0, max: 2, default: 1, doc: 'weight of the delta', live: true }) },
  groups: part =>
    layers(part).map(weight => ({ sites: [{ weight }], needs: ['weight:float'], changes: true })),
  rewrite: model => model,
})

/** The same by an input of the graph: takes `io:source`, touches no weight. */
export const hotLora = defineAlgorithm({
  id: '@test/recoverers/hot-lora',
  version: 1,
  summary: 'A low-rank delta as an input.',
  contract: { needs: ['io:source'], takes: ['io:source'] },
  params: {},
  groups: part => [{ sites: [{ part }], needs: ['io:source'], takes: ['io:source'] }],
  rewrite: model => model,
})

function nodesOf(part: Part, ops: readonly string[], facts: Omit<Group, 'sites'>): readonly Group[] {
  const nodes = part.graph.nodes.filter(node => ops.includes(node.op))
  return nodes.map(node => ({ sites: [{ node }], ...facts }))
}
