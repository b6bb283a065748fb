import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, modelOf, save, sessionOptions, smash, type Model } from '@damson/core'
import { graphToBytes, memoryTensor, onnx, walk } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import {
  describeAlgorithm,
  differences,
  runOnce,
  seededNormal,
  tinyConvNet,
  tinyEncoder,
  tinyMlp,
} from '@damson/testing'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { portable } from './portable.ts'

describeAlgorithm(portable, {
  accepts: { encoder: tinyEncoder, convNet: tinyConvNet },
  refuses: {},
  inert: { packed: 'it is of level all only, which the next suite runs' },
  expect: { outputs: { sqnr: 100 }, size: 1.05 },
})

describeAlgorithm(portable, {
  accepts: { mlp: tinyMlp },
  refuses: {},
  params: { level: 'all' },
  inert: { packed: 'the state names the file, whose contents are compared below' },
  expect: { outputs: 'equal', size: 1 },
})

const opsOf = (model: Model): readonly string[] =>
  [...walk(model.part('model').graph)].map(({ node }) => `${node.domain}${node.op}`)

/** Two products of x [batch, rows]. */
function products(rows: number, columns: number): Model {
  const weight = (seed: number, size: number) =>
    memoryTensor('float32', [rows, size], seededNormal(seed, rows * size))
  return modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[batch,${rows}] x) => (float[batch,10] y, float[batch,${columns}] z)
    <float[${rows},10] few = ${weight(1, 10)}, float[${rows},${columns}] many = ${weight(2, columns)}>
    {
      y = MatMul(x, few)
      z = MatMul(x, many)
    }`)
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'damson-portable-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

describe('a graph', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())

  test('of level basic has standard operators, is the same twice, and stays as it is when made again', async () => {
    const made = await smash(tinyConvNet(), [portable({ level: 'basic' })], { runtime })
    expect(opsOf(made)).not.toContain('BatchNormalization')
    expect(opsOf(made).every(op => !op.includes('.'))).toBe(true)
    const bytes = await graphToBytes(made.part('model').graph)
    const again = await smash(tinyConvNet(), [portable({ level: 'basic' })], { runtime })
    expect(await graphToBytes(again.part('model').graph)).toEqual(bytes)
    const folder = await emptyFolder()
    await save(made, join(folder, 'm.onnx'))
    const read = await load(join(folder, 'm.onnx'), { algorithms: [portable] })
    const { graph } = read.part('model')
    const fresh = read.with({ applied: [], replays: [] })
    const twice = await smash(fresh, [portable({ level: 'basic' })], { runtime })
    expect(twice.part('model').graph).toBe(graph)
  })

  test('of level extended has fused operators, keeps its weights, and needs nothing else to run', async () => {
    const source = tinyConvNet()
    const made = await smash(source, [portable()], { runtime })
    expect(opsOf(made)).toContain('com.microsoftFusedConv')
    const { graph } = made.part('model')
    const head = [...source.part('model').graph.initializers.values()].at(-2)
    expect(graph.initializers.get(head?.name ?? '')?.tensor).toBe(head?.tensor)
    expect(made.files.size).toBe(0)
    expect(JSON.stringify(made.replays[0]?.state)).not.toContain('optimized')
    await expect(smash(made, [portable()], { runtime })).rejects.toThrow(/graph:open/)
  })
})

describe('a file for this machine', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())

  test.each([
    ['a folder', '', { level: 'all' }],
    ['a single file', 'out.onnx', { level: 'all' }],
    ['ORT format', '', { format: 'ort' }],
    ['weights as they are', '', { level: 'all', packed: false }],
  ] as const)('is saved with %s, and opened in place of the graph', async (_what, name, params) => {
    const source = tinyMlp()
    const made = await smash(source, [portable(params)], { runtime })
    const [prepared] = made.files.keys()
    expect(prepared).toMatch(/^prepared\/model-[0-9a-f]{8}\.(optimized|ort)$/)
    const folder = await emptyFolder()
    await save(made, join(folder, name))
    const again = await load(join(folder, name), { algorithms: [portable] })
    expect([...again.files.keys()]).toEqual([...made.files.keys()])
    const [part] = again.parts.values()
    if (!part) throw new Error('expected a part')
    const machine = await runtime.traits()
    const { options, warnings } = sessionOptions(again, part.name, machine)
    expect(warnings).toEqual([])
    expect(options).toMatchObject({ prepared, graphOptimizationLevel: 'disabled' })
    const feeds = feedsFor(part.graph, { seed: 1 })
    const live = await runtime.open(again)
    const got = await live.run(part.name, feeds)
    await live.close()
    expect(differences(got, await runOnce(runtime, source, feeds, 'model'), { atol: 0, rtol: 0 })).toEqual([])
    // The file is what runs: without it the model does not open.
    await rm(join(folder, prepared ?? ''))
    const broken = await createRuntime().open(again)
    await expect(broken.run(part.name, feeds)).rejects.toThrow()
  })

  test('holds packed weights beside plain ones where they are large', async () => {
    const bytes = async (rows: number, packed: boolean): Promise<number> => {
      const made = await smash(products(rows, 512), [portable({ level: 'all', packed })], { runtime })
      return [...made.files.values()].reduce((sum, { size }) => sum + size, 0)
    }
    expect(await bytes(512, true)).toBeGreaterThan(1.9 * (await bytes(512, false)))
    expect(await bytes(64, true)).toBeLessThan(1.1 * (await bytes(64, false)))
  })

  // ONNX Runtime 1.30 ends the process when kernels read packed weights from odd addresses of a mapped file.
  test('of small weights of odd sizes runs', async () => {
    const made = await smash(products(100, 13), [portable({ level: 'all' })], { runtime })
    const feeds = feedsFor(made.part('model').graph, { seed: 1, dims: { batch: 5 } })
    const got = await runOnce(runtime, made, feeds, 'model')
    const want = await runOnce(runtime, products(100, 13), feeds, 'model')
    expect(differences(got, want, { atol: 0, rtol: 0 })).toEqual([])
  })

  test('is not opened on a machine with other traits, nor for a graph that has changed: the source is, with an event', async () => {
    const made = await smash(tinyMlp(), [portable({ level: 'all' })], { runtime })
    const machine = await runtime.traits()
    const declined = (other: object, model: Model = made): string => {
      const { options, warnings } = sessionOptions(model, 'model', { ...machine, ...other })
      expect(options).toEqual({})
      expect(warnings.map(({ code }) => code)).toEqual(['session-declined'])
      return warnings[0]?.message ?? ''
    }
    expect(declined({ ort: '1.99.0' })).toMatch(
      /another version of ONNX Runtime: 1\..*, here 1\.99\.0; the graph is opened/,
    )
    expect(declined({ arch: 'arm64' })).toMatch(/another architecture/)
    expect(declined({ features: ['sse4_1'] })).toMatch(/another instruction sets of the processor/)
    const { options } = sessionOptions(made, 'model', { ...machine, cores: machine.cores + 1 })
    expect(options.prepared).toBeDefined()
    const changed = made.withGraph('model', tinyEncoder().part('model').graph)
    expect(declined({}, changed)).toMatch(/has changed since/)
  })

  test('is refused for targets that cannot have one', async () => {
    const on = (target: string, params: Parameters<typeof portable>[0]) =>
      smash(tinyMlp(), [portable(params)], { runtime, target })
    await expect(on('wasm', { level: 'all' })).rejects.toThrow(/writes no files/)
    await expect(on('webgpu', { format: 'ort' })).rejects.toThrow(/writes no files/)
    await expect(on('webgpu', {})).rejects.toThrow(/fused operators are chosen for the processor/)
  })
})
