// How fast a session is depends on options whose best values depend on the model and the machine: threads, the level of graph
// optimization, memory, packing, spinning. They are measured, two sessions in turn, and what was fastest is kept with the
// evidence. The rule: a candidate leads when the median of its paired ratios is certainly below 1 and below 1 − margin; it
// leaves when the interval of that median lies above 1 − margin. On a machine like that one the options are used as they
// are; elsewhere they are declined, and a second tuning first tries what the first one found.
import {
  DamsonError, defineAlgorithm, graphHash, int, isRefusal, list, real, record, refuse, type Context, type Feeds, type FitContext,
  type Group, type Part, type Refusal, type SessionContext, type SessionOptions,
} from '@damson/core' // prettier-ignore
import { feedsFor } from '@damson/runtime'
import { differsFrom, recordedTraits, type RecordedTraits } from '../machine-traits.ts'
import { fixedSizes } from '../static-shapes/sizes.ts'
import { candidates, type Options } from '../tune/candidates.ts'
import { search, type OpenSession, type SearchResult, type SearchRules, type Trial } from '../tune/search.ts'

const id = '@damson/compilers/tune'
const version = 1

const params = {
  /** Time for each part; what is not decided then stays as it was. */
  seconds: real({ min: 0.05, max: 86_400, default: 30, doc: 'Seconds of measuring for each part.' }),
  /** Candidates for each part. */
  trials: int({ min: 1, max: 1000, default: 24, doc: 'Candidates that are tried for each part, at most.' }),
  /** Pairs of timed turns for a candidate; more decide smaller differences. */
  pairs: int({ min: 8, max: 10_000, default: 40, doc: 'Pairs of timed turns for each candidate, at most.' }),
  /** What a change has to bring. */
  margin: real({
    min: 0,
    max: 0.5,
    default: 0.02,
    doc: 'Share of the time that a change has to save to be made.',
  }),
  /** Numbers of threads to try. */
  threads: list({
    of: { kind: 'int', min: 1, max: 1024 },
    default: 'auto',
    or: ['auto'],
    doc: 'Numbers of threads to try; auto: 1, 2, 4 … and all cores.',
  }),
  /** Sizes that never change: tried as overrides of open dims; other sizes then fail. */
  dims: record({
    of: { kind: 'int', min: 1, max: 2 ** 31 - 1 },
    default: {},
    doc: 'Sizes of open dims that never change, tried as overrides. Other sizes then fail.',
  }),
  /** Execution providers to try besides that of the target. */
  providers: list({
    of: { kind: 'text' },
    default: [],
    or: ['auto'],
    doc: 'Execution providers to try besides that of the target; auto: all that the runtime has.',
  }),
}

type Fit = FitContext<typeof params>
type PartState = {
  readonly options: Options
  readonly trials: readonly Trial[]
  readonly graph: string
  /** Whether options found before were tried again and kept, or all was searched. */
  readonly found: 'searched' | 'kept'
}
type State = { readonly machine: RecordedTraits; readonly parts: { readonly [part: string]: PartState } }

/** The fastest session options that were measured, with the evidence. */
export const tune = defineAlgorithm({
  id,
  version,
  summary: 'The session options that were measured to be fastest on this machine, with the evidence.',
  contract: {},
  params,
  measures: true,
  groups: groupsOf,
  fit,
  session,
})

function groupsOf(
  part: Part,
  { target, params: { dims } }: Context<typeof params>,
): readonly Group[] | Refusal {
  if (target === 'webgpu' || target === 'wasm')
    return refuse(`is meant for ${target}, whose sessions have none of these options`, part.name)
  const sizes = fixedSizes(part.graph, dims)
  if (isRefusal(sizes)) return sizes
  const [unnamed] = sizes.placed.keys()
  if (unnamed !== undefined)
    return refuse(`has no name for the size "${unnamed}", which an override needs`, unnamed)
  return [{ sites: [{ part }] }]
}

async function fit(ctx: Fit): Promise<State> {
  const traits = await ctx.machine()
  const parts: Record<string, PartState> = {}
  // One after another: two measurements at once measure each other.
  for (const name of ctx.parts) parts[name] = await tunePart(name, ctx, traits)
  return { machine: recordedTraits(traits, ctx.target, true), parts }
}

async function tunePart(
  name: string,
  ctx: Fit,
  { cores, providers = [] }: Awaited<ReturnType<Fit['machine']>>,
): Promise<PartState> {
  const { seconds, trials, pairs, margin, threads, dims } = ctx.params
  const graph = graphHash(ctx.model.part(name).graph)
  const feeds = await feedsOf(name, ctx)
  const until = ctx.now() + seconds * 1000
  const rules: SearchRules = {
    now: () => ctx.now(), margin, pairs, trials, signal: ctx.signal,
    goesOn: () => !ctx.signal.aborted && ctx.now() < until,
    open: options => openOn(options, feeds, name, ctx),
    progress: done => ctx.progress(done, trials),
  } // prettier-ignore
  const before = await triedAgain(name, graph, rules, ctx)
  if (before) return { ...before, graph, found: 'kept' }
  const wanted =
    ctx.params.providers === 'auto' ? providers.filter(each => each !== 'cpu') : ctx.params.providers
  const result = await search({}, candidates({ cores, threads: threads === 'auto' ? 'auto' : threads, providers: wanted, dims }), rules) // prettier-ignore
  return { ...result, graph, found: 'searched' }
}

/** Options that an earlier tuning found for this graph, unless the defaults are faster here by more than the margin. */
async function triedAgain(
  name: string,
  graph: string,
  rules: SearchRules,
  ctx: Fit,
): Promise<SearchResult | undefined> {
  const replay = ctx.model.replays.findLast(
    ({ applied }) => applied.use === id && applied.version === version,
  )
  const found = isTuned(replay?.state) ? replay.state.parts[name] : undefined
  if (!found || found.graph !== graph) return undefined
  // Where the options do not even open, all is searched anew.
  const before = await search({}, [found.options], rules)
  const [trial] = before.trials
  if (Object.keys(found.options).length === 0) return before
  const slower = !trial || trial.verdict === 'failed' || trial.verdict === 'differs' || (trial.interval?.[0] ?? 0) > 1 + ctx.params.margin // prettier-ignore
  return slower ? undefined : { options: found.options, trials: before.trials }
}

/** States of this algorithm and version are its own. */
function isTuned(state: unknown): state is State {
  return typeof state === 'object' && state !== null && 'parts' in state
}

async function openOn(
  options: Options,
  feeds: readonly Feeds[],
  name: string,
  ctx: Fit,
): Promise<OpenSession> {
  const live = await ctx.open(ctx.model.part(name).graph, options)
  return {
    run: sample => live.run('main', feeds[sample % feeds.length] ?? {}, { signal: ctx.signal }),
    close: () => live.close(),
  }
}

const mostSamples = 4

/** The first samples, or what can be made up. */
async function feedsOf(name: string, ctx: Fit): Promise<readonly Feeds[]> {
  const feeds: Feeds[] = []
  try {
    for await (const sample of ctx.samples(name)) if (feeds.push(sample.feeds) >= mostSamples) break
    return feeds
  } catch (error) {
    if (!DamsonError.isInstance(error, 'missing-samples')) throw error
    ctx.warn('no-samples', `Part "${name}" is timed on made-up inputs of small sizes: pass samples of the sizes that it will meet.`, { part: name }) // prettier-ignore
    return [feedsFor(ctx.model.part(name).graph, { seed: ctx.seed, dims: ctx.params.dims })]
  }
}

function session(ctx: SessionContext<typeof params>, { machine, parts }: State): SessionOptions | Refusal {
  const tuned = parts[ctx.part.name]
  if (!tuned) return refuse('was not measured', ctx.part.name)
  const differs = differsFrom(machine, ctx.machine, ctx.target)
  if (differs) return refuse(`what was measured ${differs.refused}; tune again here`, ctx.part.name)
  if (tuned.graph !== graphHash(ctx.part.graph)) return refuse('the graph has changed since it was measured; tune again', ctx.part.name) // prettier-ignore
  return tuned.options
}
