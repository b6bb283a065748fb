// Codes, scales and zero points of real models against ONNX Runtime's own quantizers, bit for bit, and the quality of
// dynamicInt8 against that of quantize_dynamic. Where the figures come from: tooling/peers/quantizers-golden.py.
import { createHash } from 'node:crypto'
import { plan, smash, type Model, type Step } from '@damson/core'
import type { Graph } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { goldenJson, runOnce } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { comparedModels, comparedSeed } from '../test/compared-models.ts'
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

interface Compared {
  readonly equal: number
  readonly different: readonly string[]
  readonly alone: readonly string[]
}

async function compare(
  model: Model,
  step: Step,
  suffixes: readonly string[],
  wanted: Hashes,
  variant: string,
): Promise<Compared> {
  const { graph } = (await smash(model, [step])).part('model')
  const different: string[] = []
  const alone: string[] = []
  let equal = 0
  for (const [at, weight] of wanted.weights.entries()) {
    const want = wanted.hashes[variant]?.[at] ?? undefined
    if (want === undefined) continue
    const got = await hashOf(graph, weight, suffixes)
    if (got === want) equal++
    else (got === undefined ? alone : different).push(`${weight} ${variant}`)
  }
  return { equal, different, alone }
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
        const step = weightOnly({ bits, blockSize, symmetric: symmetry === 'symmetric', embeddings: false })
        const { equal, different, alone } = await compare(
          model,
          step,
          [`Q${bits}`, 'scales', 'zero_points'],
          wanted,
          variant,
        )
        expect(different).toEqual([])
        // Only what would have grown is left alone.
        expect(alone.length).toBeLessThan(wanted.weights.length / 4)
        expect(equal).toBeGreaterThan(0)
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
        const { equal, different, alone } = await compare(
          model,
          step,
          ['quantized', 'scale', 'zero_point'],
          wanted,
          variant,
        )
        expect(different).toEqual([])
        expect(alone.length).toBeLessThan(wanted.weights.length / 4)
        expect(equal).toBeGreaterThan(0)
      }
    })
  }
})

describe('dynamicInt8 is as good as quantize_dynamic, within 0.2 dB', async () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())
  const golden = await goldenJson('../test/golden/quality.json', import.meta.url)
  const figures = new Map(Object.entries(golden ?? {}))

  test('every model has figures', () => {
    expect(comparedModels.filter(path => !figures.has(path))).toEqual([])
  })

  for (const path of comparedModels) {
    zooTest(path, 'on generated feeds', async file => {
      const model = await readModel(file)
      const feeds = feedsFor(model.part('model').graph, { seed: comparedSeed })
      const want = await runOnce(runtime, model, feeds, 'model')
      // Beyond 60 dB, where a classifier has settled, the figures differ by chance.
      const best = Math.min(60, Math.max(...Object.values<number>(figures.get(path) ?? {})))
      for (const step of [dynamicInt8(), dynamicInt8({ ops: ['MatMul', 'Gemm', 'Conv', 'Gather'] })]) {
        // Where nothing but convolutions could be coded, there is nothing to do by default.
        if (plan(model, [step]).conflicts.length > 0) continue
        const quality = sqnr(await runOnce(runtime, await smash(model, [step]), feeds, 'model'), want)
        expect(quality).toBeGreaterThanOrEqual(best - 0.2)
      }
    })
  }
})
