// textToImage in headless Chromium, over onnxruntime-web, draws what it draws in Node, and the canvas makes PNG files of it.
// Skipped where there is no Chromium; required in CI.
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePage } from '@damson/config/bundled-page'
import { withoutChromium } from '@damson/config/chromium'
import type { ServedPage } from '@damson/config/served-page'
import { load } from '@damson/core'
import { requireZoo } from '@damson/zoo'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { textToImage } from '../src/index.ts'
import type { PageResult } from './browser-page.ts'

const here = dirname(fileURLToPath(import.meta.url))
const model = requireZoo('fixtures/sd15-tiny-ts')

describe.skipIf(withoutChromium)('in Chromium', () => {
  let served: ServedPage

  beforeAll(async () => {
    const ort = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))
    served = await bundlePage({ page: join(here, 'browser-page.ts') }, { '/ort/': ort, '/model/': model })
  })
  afterAll(() => served?.close())

  test('a prompt and a seed give the picture that they give in Node', async () => {
    const page = await served.browser.newPage()
    const complaints: string[] = []
    page.on('pageerror', error => complaints.push(error.message))
    page.on('console', message => complaints.push(message.text()))
    await page.goto(served.address)
    await page.waitForFunction('"draw" in globalThis')
    const input = { prompt: 'a cat', steps: 2, seed: 11, scheduler: 'EulerAncestralDiscreteScheduler' }
    const found = await readdir(model, { recursive: true })
    const files = found.filter(path => /\.(json|txt|onnx)$/.test(path)).sort()
    const result: PageResult = await page.evaluate(`draw(${JSON.stringify(files)}, ${JSON.stringify(input)})`)
    const pipeline = await textToImage(await load(model))
    const { latents, pictures } = await pipeline.run(input)
    await pipeline.close()
    const scale = Math.max(...latents.data.map(Math.abs))
    const far = latents.data.map((value, i) => Math.abs(value - (result.latents[i] ?? NaN)) / scale)
    // The two runtimes differ in the order of their sums.
    expect(Math.max(...far)).toBeLessThan(1e-4)
    expect(result.pixels.length).toBe(pictures[0]?.data.length)
    // The canvas adds opacity: four bytes a pixel.
    expect(result.again.filter((_, i) => i % 4 !== 3)).toEqual(result.pixels)
    expect(result.again.filter((_, i) => i % 4 === 3).every(byte => byte === 255)).toBe(true)
    expect(complaints).toEqual([])
  })
})
