// A U-Net whose deep half is behind a gate, as cachers make it: what is saved runs with ports that nobody feeds, on both
// runtimes, and its twin runs where nobody knows of ports, from the same weights.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, save, ungated, type Feeds, type Model, type Port, type TensorData } from '@damson/core'
import { gate, inferTypes, regionBetween } from '@damson/graph'
import { zooTest } from '@damson/zoo/vitest'
import * as ort from 'onnxruntime-node'
import { afterAll, expect } from 'vitest'
import { createRuntime, feedsFor } from '../index.ts'

const step = '@test/cachers/deep'
const runtimes = {
  cpu: createRuntime({ target: 'cpu' }),
  wasm: createRuntime({ target: 'wasm' }),
}
afterAll(async () => {
  for (const each of Object.values(runtimes)) await each.close()
})

/** The deep blocks gated; what they give is a cache port, empty while nobody feeds it, and an output. */
function gatedModel(source: Model): Model {
  const graph = inferTypes(source.part('model').graph)
  const deep = regionBetween(
    graph,
    ['/down_blocks.0/downsamplers.0/conv/Conv_output_0'],
    ['/up_blocks.1/upsamplers.0/conv/Conv_output_0'],
  )
  const { graph: cut, outputs } = gate(graph, deep, {
    when: { input: 'full' },
    otherwise: ({ name }) => ({ input: `cached${name}` }),
  })
  const channels = (name: string): number => {
    const { type } = outputs.find(output => output.name === name) ?? {}
    const dim = type?.kind === 'tensor' ? type.shape?.[1] : undefined
    return typeof dim === 'number' ? dim : 0
  }
  const ports = outputs.flatMap(({ name }): readonly Port[] => [
    {
      part: 'model', step, name: `cached${name}`, direction: 'input', role: 'cache', pair: name,
      neutral: { dtype: 'float32', shape: [0, channels(name), 0, 0], fill: 0 },
    },
    { part: 'model', step, name, direction: 'output', role: 'cache', pair: `cached${name}` },
  ]) // prettier-ignore
  const flag: Port = { part: 'model', step, name: 'full', direction: 'input', role: 'gate', neutral: { dtype: 'bool', shape: [], fill: 1 } } // prettier-ignore
  return source
    .withGraph('model', cut.with({ outputs: [...cut.outputs, ...outputs] }))
    .withPorts([flag, ...ports])
}

/** At `basic`, where an If changes nothing of what ONNX Runtime fuses. */
async function run(target: keyof typeof runtimes, model: Model, feeds: Feeds): Promise<TensorData> {
  const live = await runtimes[target].open(model, { session: { graphOptimizationLevel: 'basic' } })
  try {
    const outputs = await live.run([...model.parts.keys()][0] ?? '', feeds)
    expect(Object.keys(outputs)).toEqual(['out_sample'])
    const { out_sample } = outputs
    if (!out_sample) throw new Error('expected out_sample')
    return out_sample
  } finally {
    await live.close()
  }
}

zooTest(
  'fixtures/sd15-tiny-ts/unet/model.onnx',
  'a gated U-Net and its twin give what the U-Net gave',
  async file => {
    const source = await load(file)
    const graph = source.part('model').graph
    const dims = { batch_size: 1, steps: 1, height: 16, width: 16, sequence_length: 7 }
    const feeds = feedsFor(graph, { seed: 3, dims })
    const folder = await mkdtemp(join(tmpdir(), 'damson-twin-'))
    try {
      const gated = gatedModel(source)
      await save(gated, join(folder, 'out'))
      const again = await load(join(folder, 'out'))
      const twin = await load(join(folder, 'out', 'model.ungated.onnx'))
      expect(again.ports).toEqual(gated.ports)
      expect(twin.part('model.ungated').graph.inputs.map(({ name }) => name)).toEqual(
        graph.inputs.map(({ name }) => name),
      )
      const ops = (model: Model, part: string): readonly string[] =>
        model.part(part).graph.nodes.map(node => node.op).sort() // prettier-ignore
      expect(ops(twin, 'model.ungated')).toEqual(ops(source, 'model').filter(op => op !== 'Identity'))
      for (const target of ['cpu', 'wasm'] as const) {
        const want = await run(target, source, feeds)
        for (const model of target === 'cpu' ? [again, twin, ungated(again)] : [again, twin])
          expect(Buffer.compare(bytesOf(await run(target, model, feeds)), bytesOf(want))).toBe(0)
      }
      await opensAlone(join(folder, 'out', 'model.ungated.onnx'), feeds, await run('cpu', source, feeds))
      await sharesWeights(join(folder, 'out'), (await stat(file)).size)
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)

const bytesOf = ({ data }: TensorData): Uint8Array =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(0)

/** By path, past damson. */
async function opensAlone(path: string, feeds: Feeds, want: TensorData): Promise<void> {
  const session = await ort.InferenceSession.create(path, { graphOptimizationLevel: 'basic' })
  const tensors = Object.entries(feeds).map(([name, { dtype, shape, data }]) => [
    name,
    new ort.Tensor(dtype as 'float32', data as Float32Array, shape),
  ])
  const { out_sample } = await session.run(Object.fromEntries(tensors))
  expect(out_sample?.data).toEqual(want.data)
  await session.release()
}

/** What the twin has of its own is its structure and its smallest tensors. */
async function sharesWeights(folder: string, before: number): Promise<void> {
  const data = await stat(join(folder, 'model.onnx_data'))
  const twin = await readFile(join(folder, 'model.ungated.onnx'))
  expect(twin.length + data.size).toBeLessThan(1.1 * before + 64 * 1024)
  expect(twin.includes('model.onnx_data')).toBe(true)
}
