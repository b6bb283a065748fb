// Stories that the small Llama of the zoo (stories260K) tells itself, sampled from the fp32 model: text to learn from and,
// with other seeds, text to be judged on. Perplexity is that of the sampled text.
import type { Feeds, Model, Outputs, Runtime } from '@damson/core'
import { seededRandom } from '@damson/testing'

const [layers, heads, width, vocabulary] = [5, 4, 8, 512]

/** Feeds of one whole text: no past. */
export function storyFeeds(rows: readonly (readonly number[])[]): Feeds {
  const [batch, length] = [rows.length, rows[0]?.length ?? 0]
  const ids = BigInt64Array.from(rows.flat(), BigInt)
  const empty = { dtype: 'float32', shape: [batch, heads, 0, width], data: new Float32Array() } as const
  const past = Array.from({ length: layers }, (_, layer) => [
    [`past_key_values.${layer}.key`, empty],
    [`past_key_values.${layer}.value`, empty],
  ]).flat()
  return { ...Object.fromEntries(past), input_ids: { dtype: 'int64', shape: [batch, length], data: ids } }
}

/** `count` texts of `length` tokens, each from the start token; all of a call are one batch. */
export async function tellStories(
  model: Model,
  runtime: Runtime,
  {
    count,
    length,
    seed,
    temperature,
  }: { readonly count: number; readonly length: number; readonly seed: number; readonly temperature: number },
): Promise<readonly (readonly number[])[]> {
  const part = model.part([...model.parts.keys()][0] ?? '')
  const live = await runtime.open(model)
  const random = seededRandom(seed)
  const told: number[][] = Array.from({ length: count }, () => [1])
  try {
    let feeds = storyFeeds(told)
    while ((told[0]?.length ?? length) < length) {
      const outputs = await live.run(part.name, feeds)
      const logits = outputs['logits']?.data
      const next = told.map((_, row) => drawn(logits, row * vocabulary, random(), temperature))
      told.forEach((tokens, row) => tokens.push(next[row] ?? 0))
      feeds = {
        ...pastOf(outputs),
        input_ids: { dtype: 'int64', shape: [count, 1], data: BigInt64Array.from(next, BigInt) },
      }
    }
    return told
  } finally {
    await live.close()
  }
}

function pastOf(outputs: Outputs): Feeds {
  const entries = Object.entries(outputs).filter(([name]) => name.startsWith('present.'))
  return Object.fromEntries(
    entries.map(([name, value]) => [name.replace('present', 'past_key_values'), value]),
  )
}

function drawn(
  logits: ArrayLike<unknown> | undefined,
  from: number,
  at: number,
  temperature: number,
): number {
  const values = Array.from({ length: vocabulary }, (_, token) => Number(logits?.[from + token]))
  const peak = Math.max(...values)
  const weights = values.map(value => Math.exp((value - peak) / temperature))
  let rest = at * weights.reduce((a, b) => a + b, 0)
  return Math.max(
    0,
    weights.findIndex(weight => (rest -= weight) <= 0),
  )
}

/** exp of the mean of −log p over all tokens but the first of each text. */
export async function perplexity(
  model: Model,
  runtime: Runtime,
  told: readonly (readonly number[])[],
): Promise<number> {
  const part = model.part([...model.parts.keys()][0] ?? '')
  const live = await runtime.open(model)
  const [sum, count] = [{ nats: 0 }, told.reduce((total, tokens) => total + tokens.length - 1, 0)]
  try {
    for (const tokens of told) {
      const logits = (await live.run(part.name, storyFeeds([tokens])))['logits']?.data
      for (let at = 0; at + 1 < tokens.length; at++) {
        const values = Array.from({ length: vocabulary }, (_, token) =>
          Number(logits?.[at * vocabulary + token]),
        )
        const peak = Math.max(...values)
        const total = values.reduce((sum, value) => sum + Math.exp(value - peak), 0)
        sum.nats += Math.log(total) + peak - (values[tokens[at + 1] ?? 0] ?? 0)
      }
    }
  } finally {
    await live.close()
  }
  return Math.exp(sum.nats / count)
}
