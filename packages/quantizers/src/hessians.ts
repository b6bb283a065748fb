// XᵀX of the inputs of weights, for algorithms that weigh errors by what the weights will meet. Weights that read one value
// share its matrix. The sums are made inside the runtime while samples stream through, for one shared input at a time, or for
// as many as a budget has room for; no activation is ever kept.
import type { FitContext, Part, Params, StatisticResult } from '@damson/core'
import {
  inferTypes,
  innerScopes,
  intOf,
  isRefusal,
  refuse,
  removeDead,
  resolve,
  walk,
  type Graph,
  type Refusal,
  type Visit,
} from '@damson/graph'
import type { BlockWeight } from './block-weights.ts'
import { patchesOf, withPatches, type Patches } from './convolution-inputs.ts'
import { driftedInputs, upperQuarter } from './drifted-inputs.ts'

/** Weights that read the same values. */
export interface Stage {
  readonly weights: readonly BlockWeight[]
  /** Names of the values, as statistics call them; several for a weight that several nodes share. */
  readonly values: readonly string[]
  /** Where the values are patches under the filters of convolutions. */
  readonly patches: readonly Patches[]
  readonly K: number
}

/** A weight whose inputs cannot be summed up, and why. */
export interface Unseen {
  readonly found: BlockWeight
  readonly refusal: Refusal
}

/** Stages in the order in which they run; `filters`: those of convolutions too. */
export function stagesOf(
  graph: Graph,
  claimed: readonly BlockWeight[],
  filters: boolean,
): { readonly stages: readonly Stage[]; readonly unseen: readonly Unseen[] } {
  const loops = loopPaths(graph)
  const typed = filters ? inferTypes(graph) : graph
  const stages = new Map<string, Stage>()
  const unseen: Unseen[] = []
  for (const found of inOrder(graph, claimed)) {
    const inputs =
      filters && found.use === 'decoded'
        ? patchesOf(found.weight, found.spec.N, typed)
        : inputsOf(found, loops)
    if (isRefusal(inputs)) {
      unseen.push({ found, refusal: inputs })
      continue
    }
    const patches = inputs.filter(each => typeof each !== 'string')
    const values = inputs.map(each => (typeof each === 'string' ? each : each.value))
    const key = `${found.spec.K} ${values.join(' ')}`
    const before = stages.get(key)?.weights ?? []
    stages.set(key, { weights: [...before, found], values, patches, K: found.spec.K })
  }
  return { stages: [...stages.values()], unseen }
}

function inOrder(graph: Graph, claimed: readonly BlockWeight[]): readonly BlockWeight[] {
  const place = new Map([...walk(graph)].map(({ node }, at) => [node, at]))
  const first = ({ weight }: BlockWeight): number =>
    Math.min(...weight.uses.map(({ node }) => place.get(node) ?? Infinity))
  return claimed.toSorted((a, b) => first(a) - first(b))
}

/** The values that the weight is multiplied with, or why there is no XᵀX of them. */
function inputsOf(
  { weight, use, readers }: BlockWeight,
  loops: readonly string[],
): readonly string[] | Refusal {
  if (use === 'gather') return refuse('is looked up and multiplied with nothing', weight)
  if (use === 'decoded') return refuse('is no single matrix that rows are multiplied with', weight)
  const values = readers.map(reader => inputOf(reader, loops))
  const names = values.filter(value => typeof value === 'string')
  return values.find(value => isRefusal(value)) ?? [...new Set(names)].toSorted()
}

function inputOf({ node, scope }: Visit, loops: readonly string[]): string | Refusal {
  if (intOf(node, 'transA', 0) !== 0) return refuse('is multiplied with columns', node)
  const name = node.inputs[0] ?? ''
  const home = resolve(scope, name)
  if (!home) return refuse('reads a value that nothing defines', node)
  const inLoop = loops.some(path => `${home.path}/`.startsWith(`${path}/`))
  if (inLoop) return refuse('reads a value of the body of a loop', node)
  return home.path === '' ? name : `${home.path}/${name}`
}

/** Paths of bodies that run any number of times: statistics cannot be gathered there. */
function loopPaths(graph: Graph): readonly string[] {
  const loops = [...walk(graph)].filter(({ node }) => node.op !== 'If' || node.domain !== '')
  return loops.flatMap(({ scope, node }) => innerScopes(scope, node).map(({ path }) => path))
}

/** Bytes that the sums over K inputs take while they are made; with drift they are sums over pairs. */
export const sumBytes = (K: number, drift: boolean): number => (drift ? 32 : 8) * K * K

/** What is needed to stream through the samples of one part. */
export interface Streaming {
  readonly ctx: Pick<FitContext<Params>, 'statistics'>
  readonly part: Part
  readonly sampleCount: number
  /** Bytes for matrices of one pass; undefined: one stage a pass. */
  readonly memory: number | undefined
  /** The graph as it is by now, half coded. */
  readonly graph: () => Graph
  /** Ask for `drift` too, at four times the memory. */
  readonly drift: boolean
}

/** Sums over what a stage reads. */
export interface InputSums {
  /** XᵀX [K, K], of the graph as it is by now. */
  readonly H: Float64Array
  /** Rows of X. */
  readonly rows: number
  /** XᵀD [K, K] where asked for and to be had; D: the inputs of the exact graph less those of the graph as it is by now. */
  readonly drift?: Float64Array
}

/** The sums of each stage, in order: gathered in passes, each over as many stages as `memory` has room for, one at least. */
export async function* inputSums(
  stages: readonly Stage[],
  streaming: Streaming,
): AsyncIterable<{ readonly stage: Stage; readonly sums: InputSums }> {
  for (const pass of passesOf(stages, streaming)) {
    const values = [...new Set(pass.flatMap(stage => stage.values))]
    const { ctx, part, sampleCount, graph } = streaming
    const patches = pass.flatMap(stage => stage.patches)
    const now = graph()
    const whole = withPatches(now, patches)
    const needed = upTo(whole, values)
    const drifts = streaming.drift && now !== part.graph
    const exact = (): Graph => upTo(withPatches(part.graph, patches), values)
    const drifted = drifts ? driftedInputs(needed, exact(), values) : undefined
    const asked = (value: string): string => drifted?.pairs.get(value) ?? value
    const requests = values.map(value => ({ value: asked(value), kind: 'gram' }) as const)
    const found = await ctx.statistics(part.name, requests, drifted?.graph ?? needed, sampleCount)
    const results = new Map(found)
    for (const stage of pass) {
      const seen = stage.values.map(value => results.get(asked(value)))
      yield { stage, sums: sumsOf(stage.K, seen, drifted !== undefined) }
    }
  }
}

function sumsOf(K: number, seen: readonly (StatisticResult | undefined)[], paired: boolean): InputSums {
  const grams = seen.map(each => each?.gram)
  const rows = seen.reduce((sum, each) => sum + (each?.rows ?? 0), 0)
  if (!paired) return { H: sumOf(K, grams), rows }
  const both = sumOf(2 * K, grams)
  return { H: upperQuarter(both, K, 0), rows, drift: upperQuarter(both, K, K) }
}

/** What the values depend on, and no more; the whole graph when one of them is inside a branch. */
function upTo(graph: Graph, values: readonly string[]): Graph {
  const isTop = values.every(name => graph.isInput(name) || graph.producer(name) !== undefined)
  if (!isTop) return graph
  const made = values.filter(name => !graph.isInput(name))
  const outputs = made.map(name => {
    const type = graph.typeOf(name)
    return { name, ...(type ? { type } : {}) }
  })
  return removeDead(graph.with({ outputs }))
}

function sumOf(K: number, grams: readonly (Float64Array | undefined)[]): Float64Array {
  const [only, ...others] = grams
  if (only && others.length === 0) return only
  const H = new Float64Array(K * K)
  for (const gram of grams) gram?.forEach((sum, at) => (H[at] = (H[at] ?? 0) + sum))
  return H
}

function passesOf(
  stages: readonly Stage[],
  { memory, drift }: Pick<Streaming, 'memory' | 'drift'>,
): readonly (readonly Stage[])[] {
  const passes: Stage[][] = []
  let [held, last]: [number, Stage[] | undefined] = [0, undefined]
  for (const stage of stages) {
    const bytes = sumBytes(stage.K, drift) * stage.values.length
    if (last && memory !== undefined && held + bytes <= memory) last.push(stage)
    else {
      passes.push((last = [stage]))
      held = 0
    }
    held += bytes
  }
  return passes
}
