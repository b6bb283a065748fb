// What a gate costs in memory: a U-Net of 302 MB of random weights with deepCache, and its twin without gates over the same
// file of weights, each loaded and run in a process of its own, five steps. Weights exist once, so both should need the
// same but for the cached tensors.
//   pnpm --filter @damson/bench gated [pairs]
import { mkdir, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { deepCache } from '@damson/cachers'
import { load, modelOf, save, smash } from '@damson/core'
import { seededNormal } from '@damson/testing'
import { Draft, Graph, memoryTensor, type Node, type Tensor } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { measured, median } from './measured-process.ts'

/** Eight convolutions of 1024 channels: 302 MB. */
const [channels, depth, steps] = [1024, 8, 5]
const folder = fileURLToPath(new URL('../../.bench/gated/', import.meta.url))
const sample = { kind: 'tensor', dtype: 'float32', shape: ['batch', 4, 'height', 'width'] } as const

/** conv, down, eight convolutions, up, join with what the first left, conv: sample [batch, 4, h, w] → out_sample. */
function unet(): Graph {
  const start = new Graph({
    name: 'unet',
    inputs: [
      { name: 'sample', type: sample },
      { name: 'timestep', type: { kind: 'tensor', dtype: 'int64', shape: [1] } },
    ],
    outputs: [{ name: 'out_sample', type: sample }],
    initializers: new Map(),
    nodes: [],
    header: { irVersion: 8, opsets: new Map([['', 17]]), functions: [] },
  })
  const draft = new Draft(start)
  const conv = (input: string, filter: Tensor, op = 'Conv', stride = 1n, output?: string): string => {
    const name = draft.addInitializer('filter', filter)
    const pads = { type: 'ints', value: stride === 2n ? [0n, 0n, 0n, 0n] : [1n, 1n, 1n, 1n] } as const
    const node = draft.add({
      op,
      inputs: [input, name],
      attributes: new Map([
        ['pads', pads],
        ['strides', { type: 'ints', value: [stride, stride] }],
      ]),
      ...(output === undefined ? {} : { outputs: [output] }),
    })
    return node.outputs[0] ?? ''
  }
  const one = (op: string, inputs: readonly string[], attributes?: Node['attributes']): string => {
    const node = draft.add({ op, inputs, ...(attributes ? { attributes } : {}) })
    return node.outputs[0] ?? ''
  }
  const time = one('Cast', ['timestep'], new Map([['to', { type: 'int', value: 1n }]]))
  const scale = draft.addInitializer('scale', memoryTensor('float32', [], Float32Array.of(1e-4)))
  const first = one('Add', [conv('sample', small(1, [64, 4, 3, 3])), one('Mul', [time, scale])])
  let deep = conv(first, small(2, [channels, 64, 2, 2]), 'Conv', 2n)
  for (let at = 0; at < depth; at++)
    deep = one('Relu', [conv(deep, small(10 + at, [channels, channels, 3, 3]))])
  const up = conv(deep, small(3, [channels, 64, 2, 2]), 'ConvTranspose', 2n)
  const joined = one('Concat', [up, first], new Map([['axis', { type: 'int', value: 1n }]]))
  conv(joined, small(4, [4, 128, 3, 3]), 'Conv', 1n, 'out_sample')
  const body = draft.finish()
  return start.with({ nodes: body.nodes, initializers: body.initializers })
}

/** N(0, 1/fan-in). */
function small(seed: number, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, dim) => product * dim, 1)
  return memoryTensor('float32', shape, seededNormal(seed, count, 1 / Math.sqrt(count / (shape[0] ?? 1))))
}

/** What a process does that is measured: loads a model and runs a generation. */
async function generate(path: string): Promise<void> {
  const model = await load(path, { algorithms: [deepCache] })
  const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
  const live = await runtime.open(model)
  const generation = live.generation({ steps })
  const [name = ''] = model.parts.keys()
  const all = feedsFor(model.part(name).graph, { dims: { batch: 2, height: 32, width: 32 } })
  const feeds = Object.fromEntries(
    Object.entries(all).filter(([input]) => ['sample', 'timestep'].includes(input)),
  )
  for (let step = 0; step < steps; step++) await generation.run(name, feeds, { step })
  await generation.close()
  await runtime.close()
}

const [first = '3', path] = process.argv.slice(2)
if (path !== undefined) await generate(path)
else {
  await mkdir(folder, { recursive: true })
  const plain = modelOf(unet(), { role: 'denoiser' })
  await save(await smash(plain, [deepCache({ interval: 3 })]), `${folder}gated`)
  const self = fileURLToPath(import.meta.url)
  const peak = async (model: string): Promise<number> =>
    (
      await measured(process.execPath, [
        '--conditions=@damson/source',
        '--import',
        'tsx',
        self,
        '1',
        `${folder}${model}`,
      ])
    ).peakMegabytes
  const [without, gated]: [number[], number[]] = [[], []]
  for (let pair = 0; pair < Number(first); pair++) {
    without.push(await peak('gated/model.ungated.onnx'))
    gated.push(await peak('gated'))
  }
  console.log(
    `without gates ${without.map(Math.round).join(', ')} MB, with deepCache ${gated.map(Math.round).join(', ')} MB: ${(median(gated) / median(without)).toFixed(3)}`,
  )
  await rm(folder, { recursive: true })
}
