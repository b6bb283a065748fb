// Batches of sentences of unequal length: masks widen no range, and padding changes nothing for the tokens that count.
import { smash, type Feeds, type Sample } from '@damson/core'
import { residentArray } from '@damson/graph'
import { createRuntime, sqnr } from '@damson/runtime'
import { runOnce, seededRandom } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { readModel } from '../../test/read-model.ts'
import { staticInt8 } from '../algorithms/static-int8.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const width = 64
const vocabulary = 500

/** A sentence of seeded words. */
function sentence(seed: number, length: number): readonly number[] {
  const random = seededRandom(seed)
  return Array.from({ length }, () => 1 + Math.floor(random() * (vocabulary - 2)))
}

/** Sentences in one batch, padded to the longest one, or to `least`. */
function batch(sentences: readonly (readonly number[])[], least = 0): Feeds {
  const longest = Math.max(least, ...sentences.map(({ length }) => length))
  const shape = [sentences.length, longest]
  const filled = (of: (word: number | undefined) => number): BigInt64Array =>
    BigInt64Array.from(sentences.flatMap(words => Array.from({ length: longest }, (_, at) => BigInt(of(words[at])))))
  return {
    input_ids: { dtype: 'int64', shape, data: filled(word => word ?? 0) },
    attention_mask: { dtype: 'int64', shape, data: filled(word => (word === undefined ? 0 : 1)) },
    token_type_ids: { dtype: 'int64', shape, data: filled(() => 0) },
  }
} // prettier-ignore

const floats = (values: Iterable<number | bigint | string>): Float32Array => Float32Array.from(values, Number)

zooTest('fixtures/bert-tiny-ts/model.onnx', 'padded batches of an encoder', async file => {
  const model = await readModel(file)
  const samples = [1, 2, 3, 4].map((seed): Sample => {
    const lengths = [3 + seed, 5, 14 - seed]
    return { part: 'model', feeds: batch(lengths.map((length, at) => sentence(seed * 10 + at, length))) }
  })
  const fast = await smash(model, [staticInt8({ protect: 0 })], { runtime, samples })
  const run = async (which: typeof model, feeds: Feeds): Promise<Float32Array> =>
    floats((await runOnce(runtime, which, feeds, 'model'))['last_hidden_state']?.data ?? [])

  // A mask in a range would make its step as large as 1e7 or more.
  const steps = [...fast.part('model').graph.initializers.values()]
    .filter(({ name, tensor }) => name.endsWith('_scale') && tensor.shape.length === 0)
    .map(({ tensor }) => Number(residentArray(tensor)?.[0]))
  expect(steps.length).toBeGreaterThan(4)
  expect(Math.max(...steps)).toBeLessThan(1)

  const sentences = [sentence(91, 4), sentence(92, 9), sentence(93, 13)]
  const whole = { want: await run(model, batch(sentences, 16)), got: await run(fast, batch(sentences, 16)) }
  for (const [row, words] of sentences.entries()) {
    // [16, width] of the padded batch, of which the first so many rows count.
    const part = (values: Float32Array): Float32Array =>
      values.subarray(row * 16 * width, (row * 16 + words.length) * width)
    const alone = await run(fast, batch([words]))
    expect(quality(part(whole.got), part(whole.want))).toBeGreaterThan(27)
    // Sums of floats in another order; ONNX Runtime's kernels of this size differ by no more.
    expect(quality(alone, part(whole.got))).toBeGreaterThan(45)
  }
})

function quality(got: Float32Array, want: Float32Array): number {
  const tensor = (data: Float32Array) => ({ y: { dtype: 'float32', shape: [data.length], data } as const })
  return sqnr(tensor(got), tensor(want))
} // prettier-ignore
