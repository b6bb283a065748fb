// Names hold: what quantizers do by the names of the source they do after `simplify` too, and a table that was stored twice
// is coded once.
import { basename, dirname } from 'node:path'
import { modelOf, plan, smash, type Model, type Step } from '@damson/core'
import { fileSource, graphToBytes, onnx, pathFolder, readGraph, tensorOf, weights } from '@damson/graph'
import { simplify } from '@damson/compilers'
import { dynamicInt8, hqq, weightOnly } from '@damson/quantizers'
import { createRuntime } from '@damson/runtime'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'

const runtime = createRuntime()
afterAll(() => runtime.close())

async function readModel(file: string): Promise<Model> {
  return modelOf(await readGraph(await fileSource(file), { folder: pathFolder(dirname(file)), path: basename(file) })) // prettier-ignore
}

/** Original weights that are codes now, each as often as there are tensors of codes made of it. */
async function coded(model: Model, steps: readonly Step[]): Promise<readonly string[]> {
  const made = await smash(model, steps, { runtime })
  const codes = weights(made.part('model').graph).filter(
    ({ tensor }) => /^u?int[48]$/.test(tensor.dtype) && tensor.byteLength > 1024,
  )
  return codes.flatMap(({ origins }) => [...origins].sort().join(' + ')).sort()
}

zooTest('fixtures/bert-tiny-ts/model.onnx', 'places name the same weights before and after', async file => {
  const model = await readModel(file)
  for (const make of [weightOnly, hqq, dynamicInt8]) {
    for (const include of [['/encoder/layer.0/attention/self/query/MatMul'], ['*/layer.1/*']]) {
      const alone = await coded(model, [make({}, { include })])
      expect(alone.length).toBeGreaterThan(0)
      expect(await coded(model, [simplify(), make({}, { include })])).toEqual(alone)
    }
  }
})

test('a product that was merged with its bias answers to both names, and to one with a refusal', async () => {
  const w = tensorOf(
    'float32',
    [64, 64],
    Array.from({ length: 4096 }, (_, at) => Math.sin(at)),
  )
  const c = tensorOf(
    'float32',
    [64],
    Array.from({ length: 64 }, (_, at) => at),
  )
  const source =
    modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[n,64] x) => (y) <float[64,64] w = ${w}, float[64] c = ${c}> {
    [product] t = MatMul(x, w) [bias] y = Add(t, c) }`)
  const model = await smash(source, [simplify()], { runtime })
  expect(await coded(model, [weightOnly({}, { include: ['product', 'bias'] })])).toEqual(['w'])
  const { conflicts } = plan(model, [weightOnly({}, { include: ['product'] })])
  expect(conflicts.map(({ code }) => code)).toEqual(['partial-match'])
  expect(conflicts[0]?.message).toContain('bias')
})

const tied: readonly (readonly [path: string, table: string])[] = [
  ['fixtures/qwen3-tiny/model.onnx', 'model.embed_tokens.weight'],
  ['fixtures/whisper-tiny-random/decoder_model.onnx', 'model.decoder.embed_tokens.weight'],
]

for (const [path, table] of tied) {
  zooTest(path, 'a head that is tied to the embedding is stored and coded once', async file => {
    const model = await readModel(file)
    const [before, after] = [[weightOnly()], [simplify(), weightOnly()]]
    const ofTable = (names: readonly string[]): number => names.filter(name => name.includes(table)).length
    expect(ofTable(await coded(model, after))).toBe(1)
    const bytes = async (steps: readonly Step[]): Promise<number> => {
      const made = await smash(model, steps, { runtime })
      return (await graphToBytes(made.part('model').graph)).length
    }
    expect(await bytes(after)).toBeLessThan(await bytes(before))
    expect(await bytes([simplify()])).toBeLessThan(0.85 * (await bytes([])))
  })
}
