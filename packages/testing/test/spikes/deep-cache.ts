// A cacher as the families will write them: the deep half of a U-Net behind a gate, its outputs kept from the last full run.
import {
  defineAlgorithm,
  int,
  refuse,
  type Call,
  type Context,
  type Group,
  type Model,
  type Outputs,
  type Part,
  type Port,
} from '@damson/core'
import {
  attributeOf,
  dimNames,
  gate,
  inferTypes,
  regionBetween,
  type Graph,
  type Node,
  type Refusal,
  type ValueInfo,
} from '@damson/graph'

const cacheParams = {
  interval: int({ min: 1, max: 10, default: 2, live: true, doc: 'Steps from one full run to the next.' }),
}

/** From the first downsampler to the last upsampler (Ma et al. 2023, https://arxiv.org/abs/2312.00858). */
function deepHalf(graph: Graph): readonly Node[] {
  const halves = graph.nodes.find(
    node => node.op === 'Conv' && String(attributeOf(node, 'strides')?.value) === '2,2',
  )
  const doubles = graph.nodes.findLast(node => node.op === 'Resize')
  const up = doubles && graph.users(doubles.outputs[0] ?? '').find(({ node }) => node.op === 'Conv')?.node
  return halves && up ? regionBetween(graph, halves.outputs, up.outputs) : []
}

/** Reuses the deep half for interval - 1 of every interval steps. */
export const deepCache = defineAlgorithm({
  id: '@test/cachers/deep-cache',
  version: 1,
  summary: 'Reuses the deep half of a U-Net between full runs.',
  contract: { needs: ['loop:denoise', 'run:always'], takes: ['run:always', 'io:source'] },
  params: cacheParams,
  groups(part): readonly Group[] | Refusal {
    if (part.role !== 'denoiser') return refuse('is not called in a denoising loop', part.name)
    const sites = deepHalf(part.graph).map(node => ({ node }))
    if (sites.length === 0) return refuse('has no deep half', part.name)
    return [{ sites, needs: ['loop:denoise', 'run:always'], takes: ['run:always', 'io:source'] }]
  },
  rewrite: (model, ctx) => ctx.parts.reduce((made, name) => gatePart(made, ctx, made.part(name)), model),
  wrap:
    ({ parts: [part = ''], ports, params }) =>
    () => {
      const open = ports.find(({ role }) => role === 'gate')
      const caches = ports.filter(({ direction, pair }) => direction === 'output' && pair !== undefined)
      const kept = new Map<Call['branch'], Outputs>()
      return {
        part,
        around: next => async (feeds, call) => {
          const last = kept.get(call.branch)
          const closed = { dtype: 'bool', shape: [], data: Uint8Array.of(0) } as const
          if (last && open && call.step % params.interval !== 0)
            return next({ ...feeds, ...last, [open.name]: closed }, call)
          const outputs = await next(feeds, call)
          kept.set(
            call.branch,
            Object.fromEntries(
              caches.flatMap(({ name, pair = '' }) => (outputs[name] ? [[pair, outputs[name]]] : [])),
            ),
          )
          return outputs
        },
      }
    },
})

/** The region behind a gate; what leaves it is an output too, and comes back as the input it is paired with. */
function gatePart(model: Model, ctx: Context<typeof cacheParams>, part: Part): Model {
  const graph = inferTypes(part.graph)
  const names = new Set(
    ctx
      .groups({ ...part, graph })
      .flatMap(({ sites }) => sites.flatMap(site => ('node' in site ? site.node.outputs : []))),
  )
  const region = graph.nodes.filter(({ outputs }) => outputs.some(name => names.has(name)))
  const made = gate(graph, region, {
    when: { input: 'full' },
    otherwise: ({ name }) => ({ input: `cached_${name}` }),
  })
  const outputs = made.outputs.filter(({ name }) => !graph.isOutput(name))
  const sizes = new Set(
    graph.inputs
      .flatMap(({ type }) => (type?.kind === 'tensor' ? (type.shape ?? []) : []))
      .flatMap(dim => (typeof dim === 'string' ? [...dimNames(dim)] : [])),
  )
  const [open, ...cached] = made.added
  if (!open) throw new Error('no gate')
  const common = { part: part.name, step: ctx.step }
  const ports: readonly Port[] = [
    {
      ...common,
      name: open.name,
      direction: 'input',
      role: 'gate',
      neutral: { dtype: 'bool', shape: [], fill: 1 },
    },
    ...cached.map((info): Port => ({
      ...common,
      name: info.name,
      direction: 'input',
      role: 'cache',
      neutral: zeros(info, sizes),
    })),
    ...made.outputs.map(({ name }, at): Port => ({
      ...common,
      name,
      direction: 'output',
      role: 'cache',
      pair: cached[at]?.name ?? '',
    })),
  ]
  return model
    .withGraph(part.name, made.graph.with({ outputs: [...made.graph.outputs, ...outputs] }))
    .withPorts(ports)
}

/** While the gate is open nobody looks at it: a size that no input tells is 1. */
function zeros({ type }: ValueInfo, sizes: ReadonlySet<string>): NonNullable<Port['neutral']> {
  const { dtype = 'float32', shape = [] } = type?.kind === 'tensor' ? type : {}
  const known = (dim: string): boolean => [...dimNames(dim)].every(name => sizes.has(name))
  return {
    dtype,
    shape: shape.map(dim => (typeof dim === 'number' || (typeof dim === 'string' && known(dim)) ? dim : 1)),
    fill: 0,
  }
}
