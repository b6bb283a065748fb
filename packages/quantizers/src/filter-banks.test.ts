import { modelOf, smash, type Model } from '@damson/core'
import { onnx, weights } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce } from '@damson/testing'
import { requireZoo } from '@damson/zoo'
import { afterAll, expect, test } from 'vitest'
import { normalTensor } from '../test/normal-tensor.ts'
import { readModel } from '../test/read-model.ts'
import { weightOnly } from './algorithms/weight-only.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

/** Two filters of a sound, as real and imaginary parts; what `last` makes of their power goes through a layer that was learnt. */
const hearing = (last: 'Log' | 'Relu'): Model => {
  const made = { Log: 'Log', Relu: 'Relu' }[last]
  return modelOf(onnx`<opset_import: ["" : 17]> g (float[1,1,n] sound) => (float[1,m,96] y)
    <float[16,1,512] cosines = ${normalTensor(1, [16, 1, 512], 1)}, float[16,1,512] sines = ${normalTensor(2, [16, 1, 512], 1)},
     float[16,96] layer = ${normalTensor(3, [16, 96], 1)}, float least = {1e-6}>
    {
      real = Conv<strides: ints = [16]>(sound, cosines) imaginary = Conv<strides: ints = [16]>(sound, sines)
      a = Mul(real, real) b = Mul(imaginary, imaginary) power = Add(a, b) floored = Max(power, least)
      heard = ${made}(floored) turned = Transpose<perm: ints = [0, 2, 1]>(heard) y = MatMul(turned, layer)
    }`)
}

const coded = async (model: Model): Promise<readonly string[]> => {
  const made = await smash(model, [weightOnly({ bits: 8, blockSize: 16, convs: true })])
  const left = new Set(weights(made.part('model').graph).map(({ name }) => name))
  return ['cosines', 'sines', 'layer'].filter(name => !left.has(name))
}

test('filters for a logarithm stay, others do not', async () => {
  expect(await coded(hearing('Log'))).toEqual(['layer'])
  expect(await coded(hearing('Relu'))).toEqual(['cosines', 'sines', 'layer'])
})

test('a model that hears keeps more than 45 dB at 8 bits', async () => {
  const model = await readModel(requireZoo('models/basic_pitch_nmp.onnx'))
  const made = await smash(model, [weightOnly({ bits: 8, convs: true })])
  const feeds = feedsFor(model.part('model').graph, { seed: 1 })
  expect(sqnr(await runOnce(runtime, made, feeds), await runOnce(runtime, model, feeds))).toBeGreaterThan(45)
})

test('why they stay is said', async () => {
  const told: string[] = []
  await smash(hearing('Log'), [weightOnly({ convs: true })], {
    onEvent: event => void (event.type === 'warning' && told.push(event.message)),
  })
  expect(told.join()).toMatch(/filters for a logarithm/)
})
