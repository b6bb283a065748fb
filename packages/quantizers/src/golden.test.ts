// Codes, scales and zero points of real models against ONNX Runtime's own quantizers, bit for bit. Where the hashes come from:
// tooling/peers/quantizers-golden.py.
import { createHash } from 'node:crypto'
import { smash, type Model, type Step } from '@damson/core'
import type { Graph } from '@damson/graph'
import { goldenJson } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { describe, expect } from 'vitest'
import { readModel } from '../test/read-model.ts'
import { dynamicInt8 } from './algorithms/dynamic-int8.ts'
import { weightOnly } from './algorithms/weight-only.ts'

/** Hashes of each weight (null where ONNX Runtime coded none), for each variant `bits/block/symmetry` or `type/per/range`. */
interface Hashes {
  readonly weights: readonly string[]
  readonly hashes: Readonly<Record<string, readonly (string | null)[]>>
}

function isHashes(value: unknown): value is Hashes {
  return typeof value === 'object' && value !== null && 'weights' in value && 'hashes' in value
}

async function hashesIn(file: string): Promise<readonly (readonly [string, Hashes])[]> {
  const golden = await goldenJson(`../test/golden/${file}.json`, import.meta.url)
  return Object.entries(golden ?? {}).flatMap(([path, value]) =>
    isHashes(value) ? [[path, value] as const] : [],
  )
}

/** What the coded tensors of a weight hash to, as the script hashes them; undefined when the weight was left alone. */
async function hashOf(
  graph: Graph,
  weight: string,
  suffixes: readonly string[],
): Promise<string | undefined> {
  const tensors = suffixes.map(suffix => graph.initializers.get(`${weight}_${suffix}`)?.tensor)
  if (!tensors[0]) return undefined
  const hash = createHash('sha256')
  for (const tensor of tensors) if (tensor) hash.update(await tensor.read())
  return hash.digest('hex').slice(0, 16)
}

/** Every weight that both code has equal codes; only what would have grown is left alone. */
async function expectEqualCodes(
  model: Model,
  step: Step,
  suffixes: readonly string[],
  wanted: Hashes,
  variant: string,
): Promise<void> {
  const { graph } = (await smash(model, [step])).part('model')
  const different: string[] = []
  let [equal, alone] = [0, 0]
  for (const [at, weight] of wanted.weights.entries()) {
    const want = wanted.hashes[variant]?.[at] ?? undefined
    if (want === undefined) continue
    const got = await hashOf(graph, weight, suffixes)
    if (got === want) equal++
    else if (got === undefined) alone++
    else different.push(`${weight} ${variant}`)
  }
  expect(different).toEqual([])
  expect(alone).toBeLessThan(wanted.weights.length / 4)
  expect(equal).toBeGreaterThan(0)
}

const optionOf = <const T extends string | number>(options: readonly T[], text: string | undefined): T => {
  const found = options.find(each => String(each) === text)
  if (found === undefined) throw new Error(`expected one of ${options.join()}, got ${text}`)
  return found
}

describe('weightOnly codes as MatMulNBitsQuantizer does', async () => {
  for (const [path, wanted] of await hashesIn('blocks')) {
    zooTest(path, '2, 4 and 8 bits, block 32 and 128, with and without zero points', async file => {
      const model = await readModel(file)
      for (const variant of Object.keys(wanted.hashes)) {
        const [b, block, symmetry] = variant.split('/')
        const bits = optionOf([2, 4, 8], b)
        const blockSize = optionOf([32, 128], block)
        const same = { rounding: 'nearest', embeddings: false } as const
        const step = weightOnly({ bits, blockSize, symmetric: symmetry === 'symmetric', ...same })
        await expectEqualCodes(model, step, [`Q${bits}`, 'scales', 'zero_points'], wanted, variant)
      }
    })
  }
})

describe('dynamicInt8 codes as quantize_dynamic does', async () => {
  for (const [path, wanted] of await hashesIn('int8')) {
    zooTest(path, 'int8 and uint8, by channel and by tensor, with all bits and one less', async file => {
      const model = await readModel(file)
      for (const variant of Object.keys(wanted.hashes)) {
        const [type, per, range] = variant.split('/')
        const step = dynamicInt8({
          weights: optionOf(['int8', 'uint8'], type),
          per: optionOf(['channel', 'tensor'], per),
          symmetric: type === 'int8',
          reduceRange: range === 'reduced',
        })
        await expectEqualCodes(model, step, ['quantized', 'scale', 'zero_point'], wanted, variant)
      }
    })
  }
})
