// ONNX's own test of every operator, many of them a second time written out in simpler ones: as it stands, and with all inputs
// but the first as weights, so that rules for constants see it. What simplify changes gives the same bits as before, wherever
// ONNX Runtime runs the original.
import type { Feeds, Outputs } from '@damson/core'
import { residentArray, type Graph, type Initializer, type Tensor } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { differences, runOnce } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { haveNodeTests, nodeTests, type NodeTest } from '../../../graph/test/onnx-node-tests.ts'
import { answersFor } from './fitting.ts'
import { replayed, simplified } from './loop.ts'
import { ruleSetNames } from './rule-sets.ts'

// Runs a graph as it stands, so that bits are comparable.
const runtime = createRuntime({ session: { graphOptimizationLevel: 'disabled' } })
afterAll(() => runtime.close())

const options = { sets: new Set(ruleSetNames), limitBytes: 65536, functions: 'keep', opset: 'keep' } as const
const signal = new AbortController().signal

async function simpler(graph: Graph): Promise<Graph> {
  const open = (each: Graph): ReturnType<typeof runtime.open> => runtime.open(each)
  const means = { open, signal, warn: () => {} }
  return replayed(simplified(graph, options), await answersFor(simplified(graph, options), means))
}

/** Undefined where a test has an input that is no tensor. */
function feedsOf({ graph, inputs }: NodeTest): Feeds | undefined {
  const feeds: Record<string, Feeds[string]> = {}
  for (const { name } of graph.requiredInputs()) {
    const tensor = inputs.get(name)
    const fed = tensor && fedAs(tensor)
    if (!fed) return undefined
    feeds[name] = fed
  }
  return feeds
}

function fedAs({ dtype, shape, strings, ...rest }: Tensor): Feeds[string] | undefined {
  if (dtype === 'string') return strings && { dtype, shape, data: strings }
  const data = residentArray({ dtype, shape, ...rest })
  return data && { dtype, shape, data }
}

/** The same test with all inputs but the first as weights. */
function bound(each: NodeTest): Graph | undefined {
  const [first, ...others] = each.graph.inputs
  const tensors = others.map(({ name }) => each.inputs.get(name))
  if (!first || others.length === 0 || tensors.some(tensor => !tensor)) return undefined
  const weights = others.flatMap(({ name }, at): readonly (readonly [string, Initializer])[] => {
    const tensor = tensors[at]
    return tensor ? [[name, { name, tensor, origins: [name] }]] : []
  })
  return each.graph.with({ inputs: [first], initializers: new Map([...each.graph.initializers, ...weights]) })
}

function attempt(graph: Graph, feeds: Feeds): Promise<Outputs | undefined> {
  const asked = graph.requiredInputs().flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : []))
  return runOnce(runtime, graph, Object.fromEntries(asked)).catch(() => undefined)
}

interface Tally {
  changed: number
  readonly different: string[]
}

/** Only what was changed is run. */
async function compare(name: string, graph: Graph, feeds: Feeds, tally: Tally): Promise<void> {
  const made = await simpler(graph)
  if (made === graph) return
  const want = await attempt(graph, feeds)
  if (!want) return
  tally.changed++
  const got = await attempt(made, feeds)
  const [found] = got ? differences(got, want, { atol: 0, rtol: 0 }) : [{ reason: 'does not run' }]
  if (found) tally.different.push(`${name}: ${found.reason}`)
}

describe.skipIf(!haveNodeTests)('the node tests of ONNX', () => {
  test('give the same bits', async () => {
    const tally: Tally = { changed: 0, different: [] }
    for (const each of nodeTests()) {
      const feeds = feedsOf(each)
      if (!feeds) continue
      await compare(each.name, each.graph, feeds, tally)
      const constant = bound(each)
      if (constant) await compare(`${each.name} with weights`, constant, feeds, tally)
    }
    expect(tally.different).toEqual([])
    expect(tally.changed).toBeGreaterThan(150)
  }, 300_000)
})
