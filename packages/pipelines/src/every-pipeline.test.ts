// What holds for every pipeline: each call of each part goes through the middleware of the model's steps, and is recorded as a
// sample that the part can be run on; inputs and outputs that steps added for themselves change nothing.
import { defineAlgorithm, load, smash, type Feeds, type Model } from '@damson/core'
import { Draft } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { madePicture } from '../test/made-picture.ts'
import { classifyImage } from './classify-image.ts'
import { detect } from './detect.ts'
import { embed } from './embed.ts'
import type { Pipeline } from './pipeline.ts'
import { record } from './record-pipeline.ts'
import { textGeneration } from './text-generation.ts'
import { transcribe } from './transcribe.ts'
import { upscale } from './upscale.ts'

// One thread a session: two test files share the cores.
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
afterAll(() => runtime.close())

/** A step that notes the part of every call. */
const noting = (seen: string[]) =>
  defineAlgorithm({
    id: '@test/cachers/noting',
    version: 1,
    summary: 'Notes calls.',
    contract: { needs: [] },
    params: {},
    groups: part => [{ sites: [{ part }], needs: [] }],
    wrap:
      ({ parts: [part = ''] }) =>
      () => ({
        part,
        around: next => (feeds, call) => {
          seen.push(part)
          return next(feeds, call)
        },
      }),
  })

/** The model with a port in front of the inputs of each part and one in front of its outputs, both of the shape of pictures. */
function ported(model: Model): Model {
  const step = '@test/cachers/ported'
  const type = { kind: 'tensor', dtype: 'float32', shape: [1, 3, 1, 1] } as const
  return [...model.parts.values()].reduce((whole, { name: part, graph }) => {
    const draft = new Draft(graph)
    draft.add({ op: 'Identity', inputs: ['kept'], outputs: ['keeps'] })
    const changed = graph.with({
      ...draft.finish().fields(),
      inputs: [{ name: 'kept', type }, ...graph.inputs],
      outputs: [{ name: 'keeps', type }, ...graph.outputs],
    })
    return whole.withGraph(part, changed).withPorts([
      ...whole.ports,
      {
        ...{ part, step, name: 'kept', direction: 'input', role: 'cache' },
        neutral: { dtype: type.dtype, shape: type.shape, fill: 0 },
      },
      { part, step, name: 'keeps', direction: 'output', role: 'cache' },
    ])
  }, model)
}

async function check<Input>(
  path: string,
  open: (model: Model) => Promise<Pipeline<Input, unknown>>,
  input: Input,
  parts: readonly string[],
): Promise<void> {
  const source = await load(path)
  const plain = await checkModel(source, open, input, parts)
  expect(await checkModel(ported(source), open, input, parts)).toEqual(plain)
}

async function checkModel<Input>(
  source: Model,
  open: (model: Model) => Promise<Pipeline<Input, unknown>>,
  input: Input,
  parts: readonly string[],
): Promise<unknown> {
  const seen: string[] = []
  const model = await smash(source, [noting(seen)()])
  const pipeline = await open(model)
  const samples = await record(pipeline, [input])
  const recorded: string[] = []
  const last = new Map<string, Feeds>()
  for await (const { part, feeds } of samples) {
    recorded.push(part)
    last.set(part, feeds)
  }
  expect(recorded).toEqual(seen)
  expect(samples.parts).toEqual(parts)
  for (const [part, feeds] of last) {
    const outputs = await pipeline.live.run(part, feeds)
    expect(Object.keys(outputs).length).toBeGreaterThan(0)
  }
  await samples.close()
  const result = await pipeline.run(input)
  expect(seen.length).toBe(recorded.length * 2)
  await pipeline.close()
  return result
}

const picture = madePicture(32, 32)
const sound = { rate: 16_000, samples: Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i / 5)) }

zooTest('fixtures/llama-tiny-ts', 'textGeneration', path =>
  check(path, model => textGeneration(model, { runtime }), { tokens: [[1, 5], [7]], maxTokens: 3 }, [
    'model',
  ]),
)
zooTest('fixtures/bert-tiny-ts', 'embed', path =>
  check(path, model => embed(model, { runtime }), { tokens: [[1, 5], [7]] }, ['model']),
)
zooTest('fixtures/vit-tiny', 'classifyImage', path =>
  check(path, model => classifyImage(model, { runtime }), { picture }, ['model']),
)
zooTest('models/ultraface_rfb320.onnx', 'detect', path =>
  check(path, model => detect(model, { runtime }), { picture }, ['ultraface_rfb320']),
)
zooTest('models/yolox_nano_coco.onnx', 'detect of one output', path =>
  check(path, model => detect(model, { runtime }), { picture }, ['yolox_nano_coco']),
)
zooTest('models/esrgan_rdn_x2_slim.onnx', 'upscale', path =>
  check(path, model => upscale(model, { runtime, white: 255 }), { picture, tile: 24, overlap: 8 }, [
    'esrgan_rdn_x2_slim',
  ]),
)
zooTest('fixtures/whisper-tiny-random', 'transcribe', path =>
  check(path, model => transcribe(model, { runtime }), { sound, maxTokens: 3 }, [
    'encoder_model',
    'decoder_model_merged',
  ]),
)
