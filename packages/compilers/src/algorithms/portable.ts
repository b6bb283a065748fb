// ONNX Runtime optimizes a model every time that it opens it, and lays its weights out anew for its kernels. Here that is done
// once and kept. Levels basic and extended give a graph, which takes the place of the source. What depends on the machine
// (level all: layouts of this processor, and weights packed as its kernels read them; ORT's own format) is a file beside it,
// which is opened in its place where the machine has the same traits; elsewhere the source is.
import {
  DamsonError, defineAlgorithm, flag, graphHash, oneOf, refuse, type Context, type FitContext, type Group, type Model,
  type Part, type Refusal, type SessionContext, type SessionOptions,
} from '@damson/core' // prettier-ignore
import { differsFrom, recordedTraits, type RecordedTraits } from '../machine-traits.ts'
import { optimizedFrom, optimizedState, type OptimizedState } from '../portable/optimized-graph.ts'
import { verifyEqual } from '../portable/verify.ts'

const params = {
  /** basic: standard operators, for every runtime. extended: fused operators of ONNX Runtime. all: for this machine. */
  level: oneOf({
    options: ['basic', 'extended', 'all'],
    default: 'extended',
    doc: 'basic: standard operators, for every runtime. extended: fused operators of ONNX Runtime. all: for machines like this one.',
  }),
  /** ort: ONNX Runtime's own format, for machines like this one. */
  format: oneOf({
    options: ['onnx', 'ort'],
    default: 'onnx',
    doc: 'onnx, or ort: ONNX Runtime’s own format, for machines like this one.',
  }),
  /** With level all in ONNX: weights are kept as the kernels read them too, and mapped instead of packed when it loads. */
  packed: flag({
    default: true,
    doc: 'With level all in the format onnx: weights are stored as kernels read them, too. Twice the bytes beside the model; no memory of its own for weights.',
  }),
}

type Ctx = Context<typeof params>
type PartState = { readonly optimized?: OptimizedState; readonly file?: string; readonly graph?: string }
type State = { readonly machine: RecordedTraits; readonly parts: { readonly [part: string]: PartState } }

/** ONNX Runtime's own optimized graph, kept: loading does less work. */
export const portable = defineAlgorithm({
  id: '@damson/compilers/portable',
  version: 1,
  summary: 'The graph as ONNX Runtime optimizes it is kept, so that a session is made sooner.',
  contract: { takes: ['graph:open'] },
  params,
  groups: groupsOf,
  fit,
  rewrite: (model: Model, _ctx: Ctx, state: State) =>
    Object.entries(state.parts).reduce((changed, [name, { optimized }]) => {
      return optimized ? changed.withGraph(name, optimizedFrom(optimized, changed.part(name).graph)) : changed
    }, model),
  kept: ({ machine, parts }: State): State => ({
    machine,
    parts: Object.fromEntries(
      Object.entries(parts).map(([name, { optimized: _baked, ...rest }]) => [name, rest]),
    ),
  }),
  session,
})

/** What the file depends on is this machine, not the model alone. */
function isBound({ level, format }: Ctx['params']): boolean {
  return level === 'all' || format === 'ort'
}

function groupsOf(part: Part, { params: wanted, target }: Ctx): readonly Group[] | Refusal {
  if (isBound(wanted) && (target === 'wasm' || target === 'webgpu'))
    return refuse(
      `is meant for ${target}, whose ONNX Runtime writes no files; level basic is for every target`,
      part.name,
    )
  if (wanted.level !== 'basic' && target === 'webgpu')
    return refuse('is meant for webgpu, and fused operators are chosen for the processor; level basic is for every target', part.name) // prettier-ignore
  return [{ sites: [{ part }], takes: ['graph:open'] }]
}

async function fit(ctx: FitContext<typeof params>): Promise<State> {
  const traits = await ctx.machine()
  const parts: Record<string, PartState> = {}
  for (const [at, name] of ctx.parts.entries()) {
    parts[name] = isBound(ctx.params) ? await prepared(name, ctx) : await optimized(name, ctx)
    ctx.progress(at + 1, ctx.parts.length)
  }
  if (isBound(ctx.params) && traits.features.length === 0)
    ctx.warn('unknown-processor', 'What this processor can do is not known on this system, so the prepared file will not be used: it might be opened on another.') // prettier-ignore
  return { machine: recordedTraits(traits, ctx.target, false), parts }
}

async function optimized(name: string, ctx: FitContext<typeof params>): Promise<PartState> {
  const { graph } = ctx.model.part(name)
  const made = await ctx.optimized(graph, { graphOptimizationLevel: ctx.params.level })
  if (!made) throw cannotWrite(name)
  const state = await optimizedState(made, graph)
  await verifyEqual(optimizedFrom(state, graph), name, ctx)
  return { optimized: state }
}

async function prepared(name: string, ctx: FitContext<typeof params>): Promise<PartState> {
  const { level, format, packed } = ctx.params
  const { graph } = ctx.model.part(name)
  const hash = graphHash(graph)
  const file = await ctx.prepare(graph, `${name.replaceAll('/', '-')}-${hash.slice(0, 8)}`, {
    session: { graphOptimizationLevel: level },
    format,
    packed: packed && level === 'all',
  })
  if (file === undefined) throw cannotWrite(name)
  await verifyEqual(graph, name, ctx, optionsFor(file))
  return { file, graph: hash }
}

function cannotWrite(part: string): DamsonError {
  return new DamsonError(
    'unsupported-runtime',
    `Expected a runtime that writes optimized models for "${part}": onnxruntime-node. Smash in Node with target cpu.`,
  )
}

/** Nothing is left to optimize; a file of ONNX Runtime's own format is mapped, not copied. */
function optionsFor(file: string): SessionOptions {
  const mapped = { 'session.use_memory_mapped_ort_model': '1', 'session.use_ort_model_bytes_for_initializers': '1' } // prettier-ignore
  return {
    prepared: file,
    graphOptimizationLevel: 'disabled',
    ...(file.endsWith('.ort') ? { config: mapped } : {}),
  }
}

function session(ctx: SessionContext<typeof params>, { machine, parts }: State): SessionOptions | Refusal {
  const { file, graph } = parts[ctx.part.name] ?? {}
  if (file === undefined) return {}
  const differs = differsFrom(machine, ctx.machine, ctx.target)
  if (differs)
    return refuse(`the prepared file ${differs.refused}; the graph is opened instead`, ctx.part.name)
  if (machine.features.length === 0)
    return refuse('what this processor can do is not known; the graph is opened instead', ctx.part.name)
  if (graph !== graphHash(ctx.part.graph))
    return refuse('the graph has changed since the file was prepared, and is opened instead', ctx.part.name)
  return optionsFor(file)
}
