// The states of a text's tokens as one vector.
import type { Model, Outputs } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { readJsonFile } from '../model-files.ts'
import { numbersOf } from '../tensors.ts'

/** Which states of a text make its vector: the mean of all, the first (`cls`), or the last. */
export type Pooling = 'mean' | 'cls' | 'last'

/** What sentence-transformers says. */
export async function saidPooling(model: Model): Promise<Pooling | undefined> {
  const json = await readJsonFile(model, '1_Pooling/config.json')
  const on = Object.keys(json ?? {}).filter(key => key.startsWith('pooling_mode_') && json?.[key] === true)
  const [mode] = on
  if (mode === undefined) return undefined
  const known: Readonly<Record<string, Pooling>> = {
    pooling_mode_mean_tokens: 'mean',
    pooling_mode_cls_token: 'cls',
    pooling_mode_lasttoken: 'last',
  }
  const pooling = known[mode]
  if (pooling && on.length === 1) return pooling
  throw new DamsonError(
    'model-file',
    `Expected mean, cls or last in 1_Pooling/config.json, got ${on.join(', ')}.`,
  )
}

/** The vectors that an encoder gave, of each token or of each text. */
export interface States {
  /** Vectors `from` to `to` of a row, one after another. */
  row(index: number, from: number, to: number): Float32Array
  readonly width: number
}

export function statesOf(outputs: Outputs, name: string): States {
  const tensor = outputs[name]
  if (!tensor)
    throw new DamsonError(
      'no-encoder',
      `Expected the output ${name}, got ${Object.keys(outputs).join(', ')}.`,
    )
  const all = numbersOf(tensor)
  const width = tensor.shape.at(-1) ?? 0
  const each = tensor.shape.length === 3 ? (tensor.shape[1] ?? 1) : 1
  return { width, row: (i, from, to) => all.slice((i * each + from) * width, (i * each + to) * width) }
}

/** One vector of the first `length` tokens of a row. */
export function pooled(states: States, row: number, length: number, pooling: Pooling): Float32Array {
  if (pooling === 'cls') return states.row(row, 0, 1)
  if (pooling === 'last') return states.row(row, length - 1, length)
  const all = states.row(row, 0, length)
  return Float32Array.from({ length: states.width }, (_, i) => {
    let sum = 0
    for (let at = i; at < all.length; at += states.width) sum += all[at] ?? 0
    return sum / length
  })
}

/** The vector with length 1. */
export function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return length === 0 ? vector : vector.map(value => value / length)
}
