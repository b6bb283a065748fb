// half on every model of the zoo, with arithmetic on halves and as storage: what it writes loads and runs, its floats take half,
// and it stays close. The Python converters write models that do not load for four of these, and one that saves nothing.
import { plan, smash, type Model } from '@damson/core'
import { graphToBytes, walk, weights, type Graph } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce } from '@damson/testing'
import { eachZooModel } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { readModel } from '../test/read-model.ts'
import { half } from './algorithms/half.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const bytesOf = async (model: Model): Promise<number> =>
  (await graphToBytes(model.part('model').graph)).length

const casts = (graph: Graph): number => [...walk(graph)].filter(({ node }) => node.op === 'Cast').length

const computing = (graph: Graph): readonly string[] =>
  [...walk(graph)].flatMap(({ node }) => (/^(Cast|Constant)$/.test(node.op) ? [] : [node.op]))

const floatBytes = (graph: Graph): number =>
  weights(graph).reduce(
    (sum, { tensor }) => sum + (/^float(32|16)$/.test(tensor.dtype) ? tensor.byteLength : 0),
    0,
  )

/** SQNR in dB of what ONNX Runtime 1.31's float16 tool writes, on these very feeds (noise as a picture, for YOLOX). */
const peer: Readonly<Record<string, number>> = {
  'models/use_lite.onnx': 58.15,
  'models/stories260K.onnx': 61.95,
  'models/esrgan_rdn_x2_slim.onnx': 73.54,
  'models/mnist8.onnx': 67.46,
  'models/ultraface_rfb320.onnx': 69.84,
  'models/yolox_nano_coco.onnx': 17.95,
  'models/ddpm_fashion_28.onnx': 67.69,
}

interface Form {
  readonly compute: 'half' | 'float32'
  /** Least SQNR in dB by model, and of the others. */
  readonly closeness: typeof peer
  readonly otherwise: number
  /** Most of the bytes of floats that is left. */
  readonly size: number
  readonly looks: (before: Graph, after: Graph) => void
}

const forms: readonly Form[] = [
  {
    compute: 'half',
    closeness: peer,
    otherwise: 43,
    size: 0.55,
    // A cast for each input and output, and a few around sines and what counts.
    looks: (before, after) => {
      const ends = before.requiredInputs().length + before.outputs.length
      expect(casts(after) - casts(before)).toBeLessThanOrEqual(ends + 12)
    },
  },
  {
    compute: 'float32',
    // A pitch tracker has a logarithm that the smallest of its inputs rules: 36 to 62 dB by what is fed.
    closeness: { ...peer, 'models/basic_pitch_nmp.onnx': 36 },
    otherwise: 56,
    // The smallest weights are not worth a cast.
    size: 0.58,
    looks: (before, after) => expect(computing(after)).toEqual(computing(before)),
  },
]

eachZooModel(
  'loads, runs, floats take half, and stays close, computing on halves and on float32',
  async (file, { path }) => {
    const model = await readModel(file)
    const { graph } = model.part('model')
    const feeds = feedsFor(graph, { seed: 3 })
    const [before, want] = [await bytesOf(model), await runOnce(runtime, model, feeds, 'model')]
    for (const { compute, closeness, otherwise, size, looks } of forms) {
      const step = half({ compute })
      const { conflicts } = plan(model, [step])
      if (conflicts.length > 0) {
        // Already in 16 bits or in codes: a refusal with a reason, never an accident.
        expect(conflicts.map(({ code }) => code)).toEqual(['no-site'])
        continue
      }
      const made = await smash(model, [step])
      const after = made.part('model').graph
      // Small models are mostly nodes and names, so files shrink less than their floats.
      expect(await bytesOf(made), compute).toBeLessThan(before)
      expect(floatBytes(after) / floatBytes(graph), compute).toBeLessThan(size)
      looks(graph, after)
      const quality = sqnr(await runOnce(runtime, made, feeds, 'model'), want)
      expect(quality, compute).toBeGreaterThan((closeness[path] ?? otherwise + 0.5) - 0.5)
    }
  },
)
