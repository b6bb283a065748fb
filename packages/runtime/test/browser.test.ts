// onnxruntime-web in headless Chromium gives what onnxruntime-node gives. Skipped where there is no Chromium; required in CI.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePage } from '@damson/config/bundled-page'
import { withoutChromium } from '@damson/config/chromium'
import type { ServedPage } from '@damson/config/served-page'
import { parseGraph } from '@damson/graph'
import { requireZoo } from '@damson/zoo'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRuntime, feedsFor } from '../src/index.ts'
import type { PageResult } from './browser-page.ts'
import { passing, threeCalls, type KeptResult } from './kept-on-gpu.ts'

const here = dirname(fileURLToPath(import.meta.url))
const ortFolder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))
const model = requireZoo('fixtures/bert-tiny-ts/model.onnx')
const value = 'last_hidden_state'

describe.skipIf(withoutChromium)('in Chromium', () => {
  let served: ServedPage
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    const scripts = {
      page: join(here, 'browser-page.ts'),
      'kept-on-gpu': join(here, 'kept-on-gpu.ts'),
      'engine.worker': join(here, '../src/engine.worker.ts'),
    }
    served = await bundlePage(scripts, { '/ort/': ortFolder, '/model.onnx': model }, { webgpu: true })
    page = await served.browser.newPage()
    page.on('pageerror', error => complaints.push(error.message))
    page.on('console', message => complaints.push(message.text()))
    await page.goto(served.address)
    await page.waitForFunction('"runModel" in globalThis')
  })
  afterAll(() => served?.close())

  test.each(['thread', 'worker'] as const)('a model runs in a %s as it does in Node', async isolate => {
    const result: PageResult = await page.evaluate(`runModel('${isolate}', '${value}')`)
    const graph = parseGraph(new Uint8Array(await readFile(model)))
    const runtime = createRuntime()
    const live = await runtime.open(graph)
    const expected = Array.from((await live.run('main', feedsFor(graph)))[value]?.data ?? [], Number)
    await runtime.close()
    const got = result.outputs[value] ?? []
    expect(got).toHaveLength(expected.length)
    const difference = Math.max(...expected.map((number, at) => Math.abs(number - (got[at] ?? NaN))))
    // Outputs reach 4; the two runtimes differ in the order of their sums.
    expect(difference).toBeLessThan(2e-5)
    expect(result.range[0]).toBeCloseTo(Math.min(...got), 4)
    expect(result.range[1]).toBeCloseTo(Math.max(...got), 4)
    expect(result.traits).toMatchObject({ platform: 'web', arch: 'wasm', ort: expect.stringMatching(/^1\./) })
    expect(result.aborted).toContain('enough')
    expect(complaints).toEqual([])
  })

  test('what is kept stays on the GPU', async () => {
    await page.addScriptTag({ url: '/kept-on-gpu.js', type: 'module' })
    await page.waitForFunction('"keepOnGpu" in globalThis')
    const { kept, passed, downloads, left }: KeptResult = await page.evaluate('keepOnGpu()')
    expect(kept).toEqual(passed)
    const inNode = await threeCalls(createRuntime(), passing)
    const differences = inNode.flatMap((row, call) =>
      row.map((y, at) => Math.abs(y - (kept[call]?.[at] ?? NaN))),
    )
    // Outputs reach 4; sums of four products.
    expect(Math.max(...differences)).toBeLessThan(1e-5)
    // One output a call, and with it what goes out to come in again.
    expect(downloads).toEqual({ kept: 3, passed: 6 })
    expect(left).toBe(0)
    expect(complaints).toEqual([])
  })
})
