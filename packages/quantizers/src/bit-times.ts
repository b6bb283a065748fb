// How long the options of a weight take: its product alone, with the real shapes and arithmetic, timed in sessions of its own.
// What runs between products, and what one product leaves in the caches for the next, is not in it.
import { modelOf, type FitContext, type Params, type Part } from '@damson/core'
import { isRefusal, memoryTensor, onnx, weights, type Graph } from '@damson/graph'
import { optionsOf, type BitOption, type SharedParams } from './bit-choices.ts'
import type { Candidate } from './bit-costs.ts'
import { replacementOf, type Coding } from './bit-values.ts'
import { stagesOf } from './hessians.ts'
import { replaceWeights } from './replace-weights.ts'

export interface Timing {
  readonly ctx: Pick<FitContext<Params>, 'open' | 'statistics' | 'samples' | 'now' | 'signal'>
  readonly part: Part
  readonly params: SharedParams
  readonly coding: Coding
  readonly sampleCount: number
  /** Arithmetic of products (`accuracyLevel`). */
  readonly level: number
}

/** Rounds over all options of one shape, one run each, and what they may take; the median counts. */
const rounds = 15
const roundsMs = 250

/** Milliseconds of each option of each weight; 0 for what is looked up, or decoded before anything runs. */
export async function timeOptions(
  candidates: readonly Candidate[],
  timing: Timing,
): Promise<readonly (readonly number[])[]> {
  const rows = await rowsOf(candidates, timing)
  const known = new Map<string, readonly number[]>()
  const times: (readonly number[])[] = []
  for (const { id, options } of candidates) {
    const found = options.find(option => option.found)?.found
    const M = rows.get(id)
    if (!found || found.use !== 'product' || M === undefined) {
      times.push(options.map(() => 0))
      continue
    }
    const { K, N } = found.spec
    const shape = `${M} ${K} ${N} ${options.map(({ text }) => text).join(' ')}`
    const each = known.get(shape) ?? (await timeShape({ M, K, N }, options, timing))
    known.set(shape, each)
    times.push(each.map(ms => ms * found.readers.length))
  }
  return times
}

/** Rows of the products of each weight in a sample, on average. */
async function rowsOf(
  candidates: readonly Candidate[],
  { ctx, part, sampleCount }: Timing,
): Promise<ReadonlyMap<string, number>> {
  const found = candidates.flatMap(({ options }) => options.find(option => option.found)?.found ?? [])
  const { stages } = stagesOf(part.graph, found, false)
  const values = [...new Set(stages.flatMap(stage => stage.values))]
  if (values.length === 0) return new Map()
  const requests = values.map(value => ({ value, kind: 'moments' }) as const)
  const results = await ctx.statistics(part.name, requests, part.graph, sampleCount)
  let samples = 0
  for await (const _ of ctx.samples(part.name)) if (++samples >= sampleCount) break
  return new Map(
    stages.flatMap(({ weights: read, values: inputs, K }) => {
      const counted = inputs
        .map(value => results.get(value))
        .map(each => (each?.count ?? 0) + (each?.excluded ?? 0))
      const M = Math.round(Math.max(...counted) / K / Math.max(1, samples))
      return M > 0 ? read.map(({ weight }) => [weight.id, M] as const) : []
    }),
  )
}

interface Shape {
  readonly M: number
  readonly K: number
  readonly N: number
}

async function timeShape(
  { M, K, N }: Shape,
  options: readonly BitOption[],
  timing: Timing,
): Promise<readonly number[]> {
  const { ctx, params, coding, level } = timing
  const w = memoryTensor(
    'float32',
    [K, N],
    Float32Array.from({ length: K * N }, (_, at) => Math.sin(at)),
  )
  const graph = modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]> product (float[m,${K}] x) => (float[m,${N}] y) <float[${K},${N}] w = ${w}> { y = MatMul(x, w) }`).part(
    'model',
  ).graph
  const x = {
    dtype: 'float32',
    shape: [M, K],
    data: Float32Array.from({ length: M * K }, (_, at) => Math.cos(at)),
  } as const
  const lives = []
  for (const { text } of options) lives.push(await ctx.open(productOf(text, graph, params, coding, level)))
  const taken = lives.map((): number[] => [])
  try {
    for (const live of lives) await live.run('main', { x })
    const began = ctx.now()
    for (let round = 0; round < rounds && (round < 3 || ctx.now() - began < roundsMs); round++) {
      for (const [at, live] of lives.entries()) {
        ctx.signal.throwIfAborted()
        const start = ctx.now()
        await live.run('main', { x })
        taken[at]?.push(ctx.now() - start)
      }
    }
  } finally {
    for (const live of lives) await live.close()
  }
  return taken.map(each => each.toSorted((a, b) => a - b)[each.length >> 1] ?? 0)
}

/** The product with its weight as the option has it. */
function productOf(text: string, graph: Graph, params: SharedParams, coding: Coding, level: number): Graph {
  const [weight] = weights(graph)
  const options = weight ? optionsOf(weight, graph, [text], params) : []
  const option = isRefusal(options) ? undefined : options[0]
  const replacement = option && replacementOf(option, coding, level)
  return replacement ? replaceWeights(graph, [replacement]) : graph
}
