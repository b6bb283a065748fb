// The tests of what every cacher is held to, on models of the page and some denoisers of the zoo.
import type { Model } from '@damson/core'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import { oneThread, zooModel } from './denoising.ts'
import { tryPromises, type Promised } from './promises.ts'

const sentence = 'never reusing, it changes nothing; reusing, it stays in one row, branch and generation'

/** Registers the tests of these promises; a text is a model's path in the zoo. */
export function keepsSharedPromises(promised: Promised, models: readonly (string | (() => Model))[]): void {
  const runtime = oneThread()
  afterAll(() => runtime.close())
  const holds = async (model: Model): Promise<void> => {
    const kept = await tryPromises(runtime, model, promised)
    expect(kept.never).toBe(0)
    // An If changes what ONNX Runtime fuses at level all.
    expect(kept.neverAll).toBeLessThanOrEqual(1e-5)
    expect(kept.reused).toBeGreaterThan(0)
    expect(kept.batch).toBeLessThanOrEqual(1e-5)
    expect(kept.branches).toBe(0)
  }
  for (const model of models) {
    if (typeof model === 'string') zooTest(model, sentence, async () => holds(await zooModel(model)))
    else test(sentence, () => holds(model()))
  }
}
