// The models on which `autoBits` is judged: those of the block solvers, and those whose weights are convolutions, which only
// the choice of bits can help.
import type { Feeds, Runtime } from '@damson/core'
import { requireZoo } from '@damson/zoo'
import { readModel } from '../../packages/quantizers/test/read-model.ts'
import { audio, pictures } from './real-feeds.ts'
import { solverModels, type Lesson, type SolverModel } from './solver-models.ts'

type Shape = readonly [number, number, number, number]

/** Drawn pictures; no picture is judged on that a seed learns from. */
function drawn(path: string, input: string, shape: Shape, [low, high]: readonly [number, number], counts = { learnt: 12, judged: 6 }): SolverModel['lesson'] {
  const feeds = (seed: number, count: number): readonly Feeds[] =>
    pictures({ shape, low, high, seed, count }).map(data => ({ [input]: { dtype: 'float32', shape, data } }))
  return async (_, seed) => ({
    model: await readModel(requireZoo(path)),
    learnt: feeds(2 * seed, counts.learnt),
    judged: feeds(1, counts.judged),
  })
} // prettier-ignore

async function chords(_: Runtime, seed: number): Promise<Lesson> {
  const shape = [1, 43_844, 1]
  const feeds = (first: number, count: number): readonly Feeds[] =>
    audio({ seed: first, count, length: 43_844 }).map(data => ({
      'serving_default_input_2:0': { dtype: 'float32', shape, data },
    }))
  return {
    model: await readModel(requireZoo('models/basic_pitch_nmp.onnx')),
    learnt: feeds(2 * seed, 8),
    judged: feeds(1, 4),
  }
}

/** Every model that is judged. */
export const allotModels: readonly SolverModel[] = [
  ...solverModels,
  { name: 'yolox_nano_coco', inputs: 'drawn pictures', lesson: drawn('models/yolox_nano_coco.onnx', 'images', [1, 3, 416, 416], [0, 255], { learnt: 8, judged: 4 }) },
  { name: 'esrgan_rdn_x2_slim', inputs: 'drawn pictures', lesson: drawn('models/esrgan_rdn_x2_slim.onnx', 'LR', [1, 3, 48, 48], [0, 255]) },
  { name: 'esrgan_rdn_x4_slim', inputs: 'drawn pictures', lesson: drawn('models/esrgan_rdn_x4_slim.onnx', 'LR', [1, 3, 48, 48], [0, 255]) },
  { name: 'ultraface_rfb320', inputs: 'drawn pictures', lesson: drawn('models/ultraface_rfb320.onnx', 'input', [1, 3, 240, 320], [-1, 1]) },
  { name: 'basic_pitch_nmp', inputs: 'chords', lesson: chords },
] // prettier-ignore
