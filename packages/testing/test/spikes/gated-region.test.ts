// The spike for gates and ports: a cacher puts the deep half of a U-Net into a branch, a quantizer rewrites MatMuls inside
// and outside of it, in both orders. Weights stay where they are, Q/DQ and their codes stay with their node, and nobody knows of the other.
import {
  defineAlgorithm,
  load,
  plan,
  save,
  smash,
  withNeutral,
  type Model,
  type Params,
  type Sample,
  type Step,
} from '@damson/core'
import {
  check,
  Draft,
  mapBodies,
  memoryFolder,
  memorySink,
  memoryTensor,
  resolve,
  scalarTensor,
  scopes,
  walk,
  type Graph,
  type Tensor,
} from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect } from 'vitest'
import { differences, expectSameOutputs, runOnce } from '../../src/same-outputs.ts'
import { deepCache } from './deep-cache.ts'
import { claimed, codedGroups, floats, nearest } from './nearest.ts'

// ── A quantizer that emits Q/DQ ───────────────────────────────────────────────────────────────────────────────────────

/** Codes of a weight, its scale, and the scale of what it is multiplied with. */
type Pairs = Readonly<
  Record<string, { readonly codes: Tensor; readonly scale: number; readonly input: number }>
>

const staticPairs = defineAlgorithm<Params, Readonly<Record<string, Pairs>>>({
  id: '@test/quantizers/static-pairs',
  version: 1,
  summary: 'Codes both sides of every MatMul with a matrix to 8 bits, with ranges from samples.',
  contract: { needs: ['weight:float32'], takes: ['weight:float'], gives: ['weight:coded'] },
  params: {},
  groups: codedGroups,
  async fit(ctx) {
    const state: Record<string, Pairs> = {}
    for (const name of ctx.parts) {
      const part = ctx.model.part(name)
      const inputs = inputsOf(part.graph)
      const all = claimed(part, ctx)
      const values = [...new Set(all.flatMap(weight => inputs.get(weight.name) ?? []))]
      const ranges = await ctx.statistics(name, values.map(value => ({ value, kind: 'absmax' }))) // prettier-ignore
      const pairs = await Promise.all(all.map(async ({ name, tensor }) => {
        const W = await floats(tensor)
        const scale = Math.fround(W.reduce((peak, w) => Math.max(peak, Math.abs(w)), 0) / 127)
        const codes = memoryTensor('int8', tensor.shape, Int8Array.from(W, w => Math.round(w / scale)))
        return [name, { codes, scale, input: (ranges.get(inputs.get(name) ?? '')?.absmax?.[0] ?? 0) / 127 }] as const
      })) // prettier-ignore
      state[name] = Object.fromEntries(pairs)
    }
    return state
  },
  rewrite: (model, ctx, state) =>
    ctx.parts.reduce(
      (made, name) => made.withGraph(name, withPairs(made.part(name).graph, state[name] ?? {})),
      model,
    ),
})

/** Weight name to the value multiplied with it, as statistics call it: behind the path of the body that makes it. */
function inputsOf(graph: Graph): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { scope, node } of walk(graph)) {
    const [input = '', weight = ''] = node.inputs
    const path = resolve(scope, input)?.path ?? ''
    if (node.op === 'MatMul') found.set(weight, path === '' ? input : `${path}/${input}`)
  }
  return found
}

/** x → Q → DQ → MatMul ← DQ ← codes, on the edges of the MatMul alone, in the body where it stands. */
function withPairs(graph: Graph, pairs: Pairs): Graph {
  return mapBodies(graph, (body, scope) => {
    const draft = new Draft(body, scope)
    for (const node of body.nodes) {
      const [input = '', name = ''] = node.inputs
      const pair = node.op === 'MatMul' ? pairs[name] : undefined
      if (!pair) continue
      const [coded = ''] = draft.add({ op: 'QuantizeLinear', inputs: [input, `${name}_input_scale`, 'zero_int8'] }).outputs
      const [left = ''] = draft.add({ op: 'DequantizeLinear', inputs: [coded, `${name}_input_scale`, 'zero_int8'] }).outputs
      const [right = ''] = draft.add({ op: 'DequantizeLinear', inputs: [`${name}_Q8`, `${name}_scale`, 'zero_int8'] }).outputs
      draft.replace(node, { inputs: [left, right] })
    }
    if (scope.path !== '') return draft.finish()
    draft.setInitializer('zero_int8', scalarTensor('int8', 0))
    for (const [name, { codes, scale, input }] of Object.entries(pairs)) {
      draft.setInitializer(`${name}_Q8`, codes, { origins: body.initializers.get(name)?.origins ?? [name] })
      draft.setInitializer(`${name}_scale`, scalarTensor('float32', scale))
      draft.setInitializer(`${name}_input_scale`, scalarTensor('float32', input))
      draft.removeInitializer(name)
    }
    return draft.finish()
  }) // prettier-ignore
}

// ── What they prove ───────────────────────────────────────────────────────────────────────────────────────────────────

const runtime = createRuntime({ session: { graphOptimizationLevel: 'basic' } })
afterAll(() => runtime.close())

const dims = { batch_size: 1, steps: 1, height: 16, width: 16, sequence_length: 7 }
const feedsOf = (model: Model, seed: number) => feedsFor(model.part('model').graph, { dims, seed })
const exact = { atol: 0, rtol: 0 }

/** Self-attention, on both sides of the gate; exports name it by node or, in metadata, by module. */
const place = { include: ['*attn1*to_*'] }

const quantizers: readonly (readonly [string, () => Step])[] = [
  ['Q/DQ', () => staticPairs({}, place)],
  ['MatMulNBits', () => nearest({ blockSize: 16 }, place)],
]

describe.each(['fixtures/sd15-tiny-ts/unet/model.onnx', 'fixtures/sd15-tiny-dynamo/unet/model.onnx'])(
  '%s',
  fixture => {
    describe.each(quantizers)('a gate and %s', (_, quantizer) => {
      zooTest(fixture, 'in both orders give the same valid model', async file => {
        const model = await load(file)
        const samples: readonly Sample[] = [1, 2].map(seed => ({
          part: 'model',
          feeds: feedsOf(model, seed),
        }))
        const options = { samples, runtime }
        for (const steps of [[deepCache(), quantizer()], [quantizer(), deepCache()]]) expect(plan(model, steps).conflicts).toEqual([]) // prettier-ignore
        const plain = await smash(model, [quantizer()], options)
        const feeds = feedsOf(model, 3)
        for (const steps of [
          [deepCache(), quantizer()],
          [quantizer(), deepCache()],
        ]) {
          const made = await smash(model, steps, { ...options, order: 'given' })
          const { graph } = made.part('model')
          expect(check(graph)).toEqual([])
          expect(weightKeys(graph)).toEqual(weightKeys(plain.part('model').graph))
          expectCodesAlone(graph)
          expectPairsTogether(graph)
          await expectSameOutputs(runtime, made, plain, { feeds, ...exact })
          await expectGate(made, model)
          const sink = memorySink()
          await save(made, sink)
          const again = await load(memoryFolder(sink.files, 'model'), { algorithms: [deepCache] })
          expect(again.ports).toEqual(made.ports)
          await expectCached(again, feeds, feedsOf(model, 4))
        }
      })
    })
  },
)

/** Every weight, once for every body that has it. */
function weightKeys(graph: Graph): readonly string[] {
  const weights = [...scopes(graph)].flatMap(({ body }) => [...body.initializers.values()])
  return weights.flatMap(({ tensor }) => (tensor.shape.length > 0 ? [tensor.key] : [])).sort()
}

/** Weights are outside of the branches, but for what a branch codes or decodes with. */
function expectCodesAlone(graph: Graph): void {
  for (const { body, path } of scopes(graph)) {
    if (path === '') continue
    const users = [...body.initializers.keys()].flatMap(name => body.users(name))
    expect(users.filter(({ node }) => !/^(Dequantize|Quantize)Linear$/.test(node.op))).toEqual([])
  }
}

/** Every Q/DQ stands in the body of the MatMul it serves, so that ONNX Runtime can fuse them; there are some on both sides. */
function expectPairsTogether(graph: Graph): void {
  const paths = new Set<string>()
  for (const { scope, node } of walk(graph)) {
    if (node.op === 'MatMulNBits') paths.add(scope.path)
    if (node.op !== 'DequantizeLinear') continue
    paths.add(scope.path)
    for (const name of node.outputs) {
      expect(scope.body.isOutput(name)).toBe(false)
      expect(scope.body.users(name).map(use => use.node.op)).toEqual(['MatMul'])
    }
  }
  expect(paths).toEqual(new Set(['', 'gate/then_branch']))
}

/** Inside the branch something is counted while the gate is open, nothing while it is closed. */
async function expectGate(made: Model, model: Model): Promise<void> {
  const { graph } = made.part('model')
  const branch = [...scopes(graph)].find(({ path }) => path === 'gate/then_branch')?.body
  const inner = branch?.nodes.find(({ op }) => op === 'Conv')?.outputs[0] ?? ''
  const value = `gate/then_branch/${inner}`
  const feeds = withNeutral(made, 'model', feedsOf(model, 3))
  const outputs = await runOnce(runtime, graph, feeds)
  const caches = made.ports.filter(({ direction }) => direction === 'output')
  const cached = Object.fromEntries(caches.flatMap(({ name, pair = '' }) => (outputs[name] ? [[pair, outputs[name]]] : []))) // prettier-ignore
  const counted = async (open: 0 | 1): Promise<number | undefined> => {
    const full = { dtype: 'bool', shape: [], data: Uint8Array.of(open) } as const
    const samples = { async *[Symbol.asyncIterator]() { yield { ...feeds, ...cached, full } } } // prettier-ignore
    return (await runtime.statistics(graph, [{ value, kind: 'absmax' }], samples)).get(value)?.count
  }
  expect(await counted(1)).toBeGreaterThan(0)
  expect(await counted(0)).toBe(0)
}

/** Steps 0 and 2 run in full; step 1 takes the deep half of step 0, so only with the feeds of step 0 it is what it would be. */
async function expectCached(model: Model, first: Sample['feeds'], second: Sample['feeds']): Promise<void> {
  const live = await runtime.open(model)
  const [full, other] = [await live.run('model', first), await live.run('model', second)]
  const generation = live.generation({ steps: 3 })
  expect(differences(await generation.run('model', first), full, exact)).toEqual([])
  expect(differences(await generation.run('model', second), other, exact)).not.toEqual([])
  expect(differences(await generation.run('model', second), other, exact)).toEqual([])
  expect(differences(await generation.run('model', second), other, exact)).toEqual([])
  await generation.close()
  await live.close()
}
