import { modelOf, smash, type Model } from '@damson/core'
import { onnx, weights } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { normalTensor } from '../test/normal-tensor.ts'
import { weightOnly } from './algorithms/weight-only.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

/** Scores of queries with keys, both turned by what two tables hold for their places; `join` stands between rows and tables. */
const attention = (join: 'Mul' | 'Add'): Model => {
  const cosines = normalTensor(1, [64, 16], 0.5)
  const sines = normalTensor(2, [64, 16], 0.5)
  const joined = { Mul: 'Mul', Add: 'Add' }[join]
  return modelOf(onnx`<opset_import: ["" : 17]> g (int64[n] ids, int64[n] places) => (float[n,n] y)
    <float[96,32] words = ${normalTensor(3, [96, 32], 1)}, float[64,16] cosines = ${cosines}, float[64,16] sines = ${sines},
     float[32,32] query = ${normalTensor(4, [32, 32], 0.5)}, float[32,32] key = ${normalTensor(5, [32, 32], 0.5)}, int64[1] last = {1}>
    {
      x = Gather<axis: int = 0>(words, ids)
      c = Gather<axis: int = 0>(cosines, places) cc = Concat<axis: int = 1>(c, c)
      s = Gather<axis: int = 0>(sines, places) minus = Neg(s) ss = Concat<axis: int = 1>(minus, s)
      q = MatMul(x, query) k = MatMul(x, key)
      qc = ${joined}(q, cc) ks = ${joined}(k, ss)
      turned = Transpose<perm: ints = [1, 0]>(ks) y = MatMul(qc, turned)
    }`)
}

const coded = async (model: Model): Promise<readonly string[]> => {
  const made = await smash(model, [weightOnly({ bits: 8, blockSize: 16 })])
  const left = new Set(weights(made.part('model').graph).map(({ name }) => name))
  return ['words', 'cosines', 'sines', 'query', 'key'].filter(name => !left.has(name))
}

test('tables of angles stay, embeddings do not', async () => {
  expect(await coded(attention('Mul'))).toEqual(['words', 'query', 'key'])
  // What is added is a position as in BERT: an embedding like any other.
  expect(await coded(attention('Add'))).toEqual(['words', 'cosines', 'sines', 'query', 'key'])
})

test('outputs stay those of the model', async () => {
  const model = attention('Mul')
  const feeds = feedsFor(model.part('model').graph, { seed: 1, dims: { n: 8 } })
  const made = await smash(model, [weightOnly({ bits: 8, accuracyLevel: 1 })])
  expect(sqnr(await runOnce(runtime, made, feeds), await runOnce(runtime, model, feeds))).toBeGreaterThan(36)
})

test('why they stay is said', async () => {
  const told: string[] = []
  await smash(attention('Mul'), [weightOnly()], {
    onEvent: event => void (event.type === 'warning' && told.push(event.message)),
  })
  expect(told.join()).toMatch(/2 like "cosines": holds angles of positions/)
})
